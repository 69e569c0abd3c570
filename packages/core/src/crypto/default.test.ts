// The provider of Node held to the portable one: the same bytes for whatever is hashed, encrypted and said.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, equalBytes, toHex } from '../base/bytes.ts'
import { seededRandom } from '../base/random.ts'
import { createInitiator } from '../rlpx/handshake.ts'
import { createResponder } from '../rlpx/responder.ts'
import type { SessionCodec } from '../rlpx/frame-codec.ts'
import { defaultCrypto as fast } from './default.node.ts'
import { defaultCrypto as elsewhere } from './default.ts'
import { portableCrypto as portable } from './portable.ts'
import { generatePrivateKey } from './private-key.ts'

const random = seededRandom(23)
const key = fc.uint8Array({ minLength: 32, maxLength: 32 })
const lengths = fc.oneof(fc.nat(300), fc.constantFrom(0, 1, 15, 16, 17, 47, 48, 135, 136, 137, 512, 4095, 4096, 4097))

/** Cuts bytes at random places, as often as there are lengths. */
function pieces(bytes: Uint8Array, wanted: readonly number[]): Uint8Array[] {
  const cut: Uint8Array[] = []
  let at = 0
  for (const length of wanted) {
    cut.push(bytes.subarray(at, at + length))
    at = Math.min(bytes.length, at + length)
  }
  return [...cut, bytes.subarray(at)]
}

it('outside of Node the provider is the portable one', () => {
  expect(elsewhere).toBe(portable)
})

describe('keccak-256', () => {
  it('of every length from 0 to 500, and of some MB', () => {
    const bytes = random.bytes(500)
    for (let length = 0; length <= 500; length++) {
      const part = bytes.subarray(0, length)
      expect(toHex(fast.keccak256(part))).toBe(toHex(portable.keccak256(part)))
    }
    const large = random.bytes(300_001)
    expect(toHex(fast.keccak256(large))).toBe(toHex(portable.keccak256(large)))
  })

  it('in any pieces, with a digest between any two', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.array(lengths, { maxLength: 20 }), (bytes, wanted) => {
        const [left, right] = [fast.createKeccak256(), portable.createKeccak256()]
        for (const piece of pieces(bytes, wanted)) {
          left.update(piece)
          right.update(piece)
          expect(toHex(left.digest())).toBe(toHex(right.digest()))
        }
        expect(toHex(left.digest())).toBe(toHex(fast.keccak256(bytes)))
      }),
    )
  })

  it('of thousands of hashes at once, in any order, more than the module has room for', () => {
    const all = Array.from({ length: 1000 }, () => ({
      left: fast.createKeccak256(),
      right: portable.createKeccak256(),
    }))
    for (let i = 0; i < 6000; i++) {
      const { left, right } = all[random.uint32() % (i % 2 === 0 ? 1000 : 140)]!
      const bytes = random.bytes(random.uint32() % 150)
      left.update(bytes)
      right.update(bytes)
      if (i % 7 === 0) expect(equalBytes(left.digest(), right.digest())).toBe(true)
      if (i % 11 === 0) fast.keccak256(bytes)
    }
    for (const { left, right } of all) expect(equalBytes(left.digest(), right.digest())).toBe(true)
  })

  it('gives plain arrays that nobody else holds', () => {
    const hash = fast.createKeccak256()
    const first = hash.digest()
    const shown = toHex(first)
    hash.update(Uint8Array.of(1))
    hash.digest().fill(0)
    expect(toHex(first)).toBe(shown)
    for (const bytes of [first, fast.keccak256(first), fast.sha256(first), fast.hmacSha256(first, first)]) {
      expect(bytes.constructor).toBe(Uint8Array)
      expect(bytes).toHaveLength(32)
    }
  })
})

describe('the keystream', () => {
  it('is one stream, in any pieces and from any place in memory', () => {
    const sizes = fc.array(fc.oneof(lengths, fc.nat(9000)), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(key, sizes, fc.nat(7), (secret, wanted, offset) => {
        const [left, right] = [fast.createKeystream(secret), portable.createKeystream(secret)]
        for (const size of wanted) {
          const bytes = new Uint8Array(offset + size).subarray(offset)
          const expected = new Uint8Array(size)
          expect(left.apply(bytes)).toBe(true)
          right.apply(expected)
          expect(equalBytes(bytes, expected)).toBe(true)
        }
      }),
    )
  })

  it('touches nothing but what it is given, and XORs', () => {
    for (const size of [1, 47, 48, 51, 600, 5000, 200_003]) {
      const whole = random.bytes(size + 40)
      const before = whole.slice()
      fast.createKeystream(random.bytes(32)).apply(whole.subarray(20, 20 + size))
      expect(equalBytes(whole.subarray(0, 20), before.subarray(0, 20))).toBe(true)
      expect(equalBytes(whole.subarray(20 + size), before.subarray(20 + size))).toBe(true)
      expect(equalBytes(whole, before)).toBe(false)
    }
    const [secret, bytes] = [random.bytes(32), random.bytes(9999)]
    const twice = bytes.slice()
    fast.createKeystream(secret).apply(twice)
    portable.createKeystream(secret).apply(twice)
    expect(equalBytes(twice, bytes)).toBe(true)
  })

  it('goes on where it was after a rest at any place, and a rest alone changes nothing', () => {
    const sizes = fc.array(fc.oneof(fc.nat(40), fc.nat(6000)), { minLength: 1, maxLength: 20 })
    fc.assert(
      fc.property(key, sizes, (secret, wanted) => {
        const [left, right] = [fast.createKeystream(secret), portable.createKeystream(secret)]
        left.rest?.()
        for (const size of wanted) {
          const [bytes, expected] = [new Uint8Array(size), new Uint8Array(size)]
          left.apply(bytes)
          right.apply(expected)
          expect(equalBytes(bytes, expected)).toBe(true)
          for (let rests = size % 3; rests > 0; rests--) left.rest?.()
        }
      }),
    )
  })

  it('of hundreds of sessions that take turns', async () => {
    const all = Array.from({ length: 600 }, () => {
      const secret = random.bytes(32)
      return { left: fast.createKeystream(secret), right: portable.createKeystream(secret) }
    })
    for (let i = 0; i < 3000; i++) {
      const { left, right } = all[i % 2 === 0 ? i % 600 : 1]!
      const [bytes, expected] = [new Uint8Array(i % 331), new Uint8Array(i % 331)]
      left.apply(bytes)
      right.apply(expected)
      expect(equalBytes(bytes, expected)).toBe(true)
    }
    await expect(all[0]!.left.ready()).resolves.toBe(undefined)
  })

  it('goes its own way when the key is overwritten, and refuses one of another length', () => {
    const secret = random.bytes(32)
    const [left, right] = [fast.createKeystream(secret), portable.createKeystream(secret.slice())]
    secret.fill(0)
    const [bytes, expected] = [new Uint8Array(100), new Uint8Array(100)]
    left.apply(bytes)
    right.apply(expected)
    expect(toHex(bytes)).toBe(toHex(expected))
    for (const length of [0, 16, 31, 33]) expect(() => fast.createKeystream(new Uint8Array(length))).toThrow(RangeError)
  })
})

describe('one-shot functions', () => {
  it('give what the portable ones give', () => {
    const block = fc.uint8Array({ minLength: 16, maxLength: 40 })
    const bytes = fc.uint8Array({ maxLength: 400 })
    fc.assert(
      fc.property(key, block, bytes, (secret, start, message) => {
        const iv = start.subarray(0, 16)
        const short = secret.subarray(0, 16)
        const before = toHex(concatBytes(start, message))
        for (const [left, right] of [
          [fast.sha256(message), portable.sha256(message)],
          [fast.hmacSha256(start, message), portable.hmacSha256(start, message)],
          [fast.aes128Ctr(short, iv, message), portable.aes128Ctr(short, iv, message)],
          [fast.createBlockCipher(secret)(start), portable.createBlockCipher(secret)(start)],
        ] as const) {
          expect(toHex(left)).toBe(toHex(right))
          expect(left.constructor).toBe(Uint8Array)
        }
        expect(toHex(concatBytes(start, message))).toBe(before)
      }),
    )
  })

  it('wrap the counter of AES-128-CTR over all 128 bits', () => {
    const iv = new Uint8Array(16).fill(0xff)
    const message = random.bytes(100)
    const secret = random.bytes(16)
    expect(toHex(fast.aes128Ctr(secret, iv, message))).toBe(toHex(portable.aes128Ctr(secret, iv, message)))
  })
})

describe('a session between the two providers', () => {
  it.each([
    ['fast', 'portable', fast, portable],
    ['portable', 'fast', portable, fast],
  ])('where the %s one dials the %s one', (_, __, dialing, accepting) => {
    const [near, far] = connect(dialing, accepting)
    const read: string[] = []
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      to.setLimit(() => 0xff_ffff)
      const sizes = Array.from({ length: 300 }, (___, i) => (i % 50 === 0 ? 70_000 : random.uint32() % 600))
      const sent = sizes.map((size) => random.bytes(size))
      const wire = concatBytes(...sent.map((payload) => from.seal(16, payload)))
      read.length = 0
      for (let at = 0; at < wire.length; at += 1460) {
        to.read(wire.slice(at, at + 1460), ({ payload }) => void read.push(toHex(portable.sha256(payload))))
      }
      expect(read).toEqual(sent.map((payload) => toHex(portable.sha256(payload))))
    }
  })
})

function connect(dialing: typeof fast, accepting: typeof fast): readonly [SessionCodec, SessionCodec] {
  const own = generatePrivateKey(random)
  const remotePublicKey = portable.publicKeyOf(own)
  const privateKey = generatePrivateKey(random)
  const initiator = createInitiator({ crypto: dialing, random, privateKey, remotePublicKey })
  const responder = createResponder({ crypto: accepting, random, privateKey: own })
  const answer = responder.receive(initiator.start()!)!
  return [initiator.receive(answer.send!)!.done!.codec, answer.done!.codec]
}
