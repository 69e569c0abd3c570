// The reference provider against published values, and against keys that are none.
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, toHex, utf8ToBytes } from '../base/bytes.ts'
import { seededRandom } from '../base/random.ts'
import { portableCrypto } from './portable.ts'
import { generatePrivateKey, isPrivateKey } from './private-key.ts'

const FIELD_PRIME = 'fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f'
const GROUP_ORDER = 'fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141'
const BASE_X = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
const BASE_Y = '483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8'
const ONE = fromHex('01'.padStart(64, '0'))

const hex = (value: bigint): string => value.toString(16).padStart(64, '0')
const number = (text: string): bigint => BigInt(`0x${text}`)
const random = seededRandom(11)

describe('keys', () => {
  it('the key of one is the base point', () => {
    expect(toHex(portableCrypto.publicKeyOf(ONE))).toBe(BASE_X + BASE_Y)
    expect(portableCrypto.isPublicKey(fromHex(BASE_X + BASE_Y))).toBe(true)
  })

  const prime = number(FIELD_PRIME)
  // x = 1 is on the curve: p + 1 is the same number to arithmetic that forgets to compare.
  const yOfOne = '4218f20ae6c646b363db68605822fb14264ca8d2587fdd6fbc750d587e76a7ee'

  it('a small x is as good as any', () => {
    expect(portableCrypto.isPublicKey(fromHex(hex(1n) + yOfOne))).toBe(true)
  })

  it.each([
    ['zero', '00'.repeat(64)],
    ['a point off the curve', BASE_X + hex(number(BASE_Y) + 1n)],
    ['x = p', FIELD_PRIME + BASE_Y],
    ['x = p + 1 with the y of x = 1', hex(prime + 1n) + yOfOne],
    ['x = 2^256 - 1', 'ff'.repeat(32) + BASE_Y],
    ['y = p', BASE_X + FIELD_PRIME],
    ['y = p + 1', BASE_X + hex(prime + 1n)],
    ['y = 2^256 - 1', BASE_X + 'ff'.repeat(32)],
    ['63 bytes', (BASE_X + BASE_Y).slice(2)],
    ['65 bytes', `04${BASE_X}${BASE_Y}`],
    ['nothing', ''],
  ])('refuses %s as a public key', (_, text) => {
    expect(portableCrypto.isPublicKey(fromHex(text))).toBe(false)
    expect(() => portableCrypto.sharedSecret(ONE, fromHex(text))).toThrow(RangeError)
  })

  it.each([
    ['zero', '00'.repeat(32), false],
    ['one', hex(1n), true],
    ['the order less 1', hex(number(GROUP_ORDER) - 1n), true],
    ['the order', GROUP_ORDER, false],
    ['2^256 - 1', 'ff'.repeat(32), false],
    ['31 bytes', 'ab'.repeat(31), false],
    ['33 bytes', 'ab'.repeat(33), false],
  ])('as a private key, %s', (_, text, expected) => {
    expect(isPrivateKey(fromHex(text))).toBe(expected)
  })

  it('draws a private key again until it is one, and says when chance is broken', () => {
    const draws = ['00'.repeat(32), 'ff'.repeat(32), '11'.repeat(32)].map(fromHex)
    const source = { uint32: () => 0, bytes: () => draws.shift()! }
    expect(toHex(generatePrivateKey(source))).toBe('11'.repeat(32))
    expect(() => generatePrivateKey({ uint32: () => 0, bytes: (n) => new Uint8Array(n) })).toThrow('no private key')
  })

  it('two sides share one secret', () => {
    const a = generatePrivateKey(random)
    const b = generatePrivateKey(random)
    const secret = portableCrypto.sharedSecret(a, portableCrypto.publicKeyOf(b))
    expect(secret).toHaveLength(32)
    expect(toHex(portableCrypto.sharedSecret(b, portableCrypto.publicKeyOf(a)))).toBe(toHex(secret))
  })
})

describe('signatures', () => {
  const privateKey = generatePrivateKey(random)
  const publicKey = portableCrypto.publicKeyOf(privateKey)
  const hash = portableCrypto.keccak256(utf8ToBytes('a message'))
  const signature = portableCrypto.sign(hash, privateKey)

  it('have the recovery number last and give back the key', () => {
    expect(signature).toHaveLength(65)
    expect(signature[64]).toBeLessThan(2)
    expect(toHex(portableCrypto.recover(hash, signature)!)).toBe(toHex(publicKey))
  })

  it('are recovered also with the higher s, as auth has no rule against it', () => {
    const s = number(GROUP_ORDER) - number(toHex(signature.subarray(32, 64)))
    const other = concatBytes(signature.subarray(0, 32), fromHex(hex(s)), Uint8Array.of(signature[64]! ^ 1))
    expect(toHex(portableCrypto.recover(hash, other)!)).toBe(toHex(publicKey))
  })

  it.each([
    ['r = 0', '00'.repeat(32), hex(5n), 0],
    ['r = the order', GROUP_ORDER, hex(5n), 0],
    ['s = 0', hex(1n), '00'.repeat(32), 0],
    ['s = the order', hex(1n), GROUP_ORDER, 0],
    ['an r that is no x', hex(5n), hex(5n), 0],
    ['a recovery number of 4', BASE_X, hex(5n), 4],
    ['a recovery number of 27', BASE_X, hex(5n), 27],
    ['a recovery number of 2 with a large r', hex(number(GROUP_ORDER) - 1n), hex(5n), 2],
  ])('with %s have no key', (_, r, s, v) => {
    expect(portableCrypto.recover(hash, concatBytes(fromHex(r), fromHex(s), Uint8Array.of(v)))).toBeUndefined()
  })

  it('of 64 bytes have no key', () => {
    expect(portableCrypto.recover(hash, signature.subarray(0, 64))).toBeUndefined()
  })
})

describe('hashes and ciphers', () => {
  it('keccak-256 of nothing and of "abc" are the published ones', () => {
    const nothing = 'c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470'
    const abc = '4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45'
    expect(toHex(portableCrypto.keccak256(new Uint8Array(0)))).toBe(nothing)
    expect(toHex(portableCrypto.keccak256(utf8ToBytes('abc')))).toBe(abc)
  })

  it('a running hash tells the digest so far and goes on', () => {
    const running = portableCrypto.createKeccak256()
    const whole = random.bytes(1000)
    for (let at = 0; at < 1000; at += 50) {
      expect(toHex(running.digest())).toBe(toHex(portableCrypto.keccak256(whole.subarray(0, at))))
      running.update(whole.subarray(at, at + 50))
    }
  })

  it('SHA-256 and HMAC-SHA-256 are the published ones', () => {
    const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    expect(toHex(portableCrypto.sha256(utf8ToBytes('abc')))).toBe(abc)
    // RFC 4231, case 2
    const tag = '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'
    expect(toHex(portableCrypto.hmacSha256(utf8ToBytes('Jefe'), utf8ToBytes('what do ya want for nothing?')))).toBe(tag)
  })

  it('one block of AES-256 is that of FIPS 197, and the input is left alone', () => {
    const key = fromHex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f')
    const block = fromHex('00112233445566778899aabbccddeeff')
    const encrypt = portableCrypto.createBlockCipher(key)
    expect(toHex(encrypt(block))).toBe('8ea2b7ca516745bfeafc49904b496089')
    expect(toHex(block)).toBe('00112233445566778899aabbccddeeff')
  })

  // NIST SP 800-38A, F.5.1: the same counter for every key size.
  const counter = fromHex('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff')
  const plain = fromHex(
    '6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51' +
      '30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710',
  )

  it('AES-128-CTR is that of SP 800-38A, in a fresh array', () => {
    const key = fromHex('2b7e151628aed2a6abf7158809cf4f3c')
    const expected =
      '874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff' +
      '5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee'
    const before = toHex(plain)
    expect(toHex(portableCrypto.aes128Ctr(key, counter, plain))).toBe(expected)
    expect(toHex(plain)).toBe(before)
  })

  it('a keystream is unbroken, whatever the pieces and wherever they lie in memory', async () => {
    const key = random.bytes(32)
    const encrypt = portableCrypto.createBlockCipher(key)
    const blocks = Array.from({ length: 160 }, (_, i) => encrypt(fromHex(i.toString(16).padStart(32, '0'))))
    const expected = toHex(concatBytes(...blocks))
    for (const piece of [1, 7, 16, 500, 512, 513, 2560]) {
      const stream = portableCrypto.createKeystream(key)
      await stream.ready()
      // From an odd place, as frames in a chunk lie.
      const bytes = new Uint8Array(2561).subarray(1)
      for (let at = 0; at < bytes.length; at += piece) expect(stream.apply(bytes.subarray(at, at + piece))).toBe(true)
      expect(toHex(bytes)).toBe(expected)
    }
  })
})
