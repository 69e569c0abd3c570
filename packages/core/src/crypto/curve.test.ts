// Every provider's curve held to the portable one: the same answers, also to what is no key, no point, no signature.
import { createECDH } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import vectors from '../../../../vectors/rlpx-eip8.json' with { type: 'json' }
import { concatBytes, fromHex, toHex } from '../base/bytes.ts'
import type { Crypto } from '../base/crypto.ts'
import { seededRandom } from '../base/random.ts'
import { createInitiator } from '../rlpx/handshake.ts'
import { createResponder } from '../rlpx/responder.ts'
import { loadAddon } from './addon-curve.ts'
import { defaultCrypto } from './default.node.ts'
import { native } from './native.node.ts'
import { portableCrypto as portable } from './portable.ts'
import { generatePrivateKey } from './private-key.ts'

const PRIME = 2n ** 256n - 2n ** 32n - 977n
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const ONE = 1n
const random = seededRandom(5)

const bytesOf = (value: bigint): Uint8Array => fromHex(value.toString(16).padStart(64, '0'))
const numberOf = (bytes: Uint8Array): bigint => BigInt(`0x${toHex(bytes)}`)

/** Numbers of 256 bits, mostly those next to a border. */
const edges = [0n, 1n, 2n, 5n, 2n ** 128n, PRIME - ORDER, ORDER / 2n, ORDER, PRIME, 2n ** 256n - 1n]
const nearEdge = fc
  .tuple(fc.constantFrom(...edges), fc.integer({ min: -2, max: 2 }))
  .map(([edge, by]) => bytesOf((((edge + BigInt(by)) % 2n ** 256n) + 2n ** 256n) % 2n ** 256n))
const any32 = fc.uint8Array({ minLength: 32, maxLength: 32 })
const number = fc.oneof(nearEdge, any32)
const shortOrLong = fc.uint8Array({ maxLength: 70 })

const privateKey = fc.oneof({ weight: 6, arbitrary: number }, { weight: 1, arbitrary: shortOrLong })
/** A key of the curve. */
const point = any32.filter((bytes) => portable.isPrivateKey(bytes)).map((bytes) => portable.publicKeyOf(bytes))
const publicKey = fc.oneof(
  { weight: 4, arbitrary: point },
  // Off the curve, and the other y.
  {
    weight: 1,
    arbitrary: fc.tuple(point, fc.nat(63)).map(([key, at]) => key.map((byte, i) => (i === at ? byte ^ 1 : byte))),
  },
  {
    weight: 1,
    arbitrary: point.map((key) => concatBytes(key.subarray(0, 32), bytesOf(PRIME - numberOf(key.subarray(32))))),
  },
  { weight: 1, arbitrary: fc.tuple(number, number).map(([x, y]) => concatBytes(x, y)) },
  { weight: 1, arbitrary: shortOrLong },
)
const hash = fc.oneof({ weight: 9, arbitrary: number }, { weight: 1, arbitrary: shortOrLong })
const v = fc.oneof({ weight: 3, arbitrary: fc.nat(3) }, { weight: 1, arbitrary: fc.nat(255) })
/** Signatures of these hashes, whole and broken, and numbers that are none. */
const signed = fc
  .tuple(
    any32,
    any32.filter((bytes) => portable.isPrivateKey(bytes)),
  )
  .map(([digest, key]) => ({
    digest,
    signature: portable.sign(digest, key),
  }))
const signedOrNot = fc.oneof(
  signed,
  fc.tuple(signed, v).map(([{ digest, signature }, other]) => ({
    digest,
    signature: concatBytes(signature.subarray(0, 64), Uint8Array.of(other)),
  })),
  signed.map(({ digest, signature }) => ({ digest, signature: withHighS(signature) })),
  fc.tuple(hash, number, number, v).map(([digest, r, s, last]) => ({
    digest,
    signature: concatBytes(r, s, Uint8Array.of(last)),
  })),
  fc.tuple(hash, shortOrLong).map(([digest, signature]) => ({ digest, signature })),
)

function withHighS(signature: Uint8Array): Uint8Array {
  const s = bytesOf(ORDER - numberOf(signature.subarray(32, 64)))
  return concatBytes(signature.subarray(0, 32), s, Uint8Array.of(signature[64]! ^ 1))
}

/** What a call says: bytes, a truth, nothing, or the kind of error. */
function answer(call: () => Uint8Array | boolean | undefined): string {
  try {
    const value = call()
    return value instanceof Uint8Array ? `${value.constructor.name} ${toHex(value)}` : String(value)
  } catch (error) {
    return (error as Error).name
  }
}

const RUNS = { numRuns: rounds(25, 3000) }

describe.each([
  ['the default of Node', defaultCrypto],
  ['native', native()],
])('%s', (_, crypto) => {
  it('says the same of private keys and derives the same public keys', () => {
    fc.assert(
      fc.property(privateKey, (key) => {
        expect(crypto.isPrivateKey(key)).toBe(portable.isPrivateKey(key))
        expect(answer(() => crypto.publicKeyOf(key))).toBe(answer(() => portable.publicKeyOf(key)))
      }),
      RUNS,
    )
  })

  it('says the same of public keys and finds the same shared secrets', () => {
    fc.assert(
      fc.property(privateKey, publicKey, (secret, key) => {
        expect(crypto.isPublicKey(key)).toBe(portable.isPublicKey(key))
        expect(answer(() => crypto.sharedSecret(secret, key))).toBe(answer(() => portable.sharedSecret(secret, key)))
      }),
      RUNS,
    )
  })

  // Libraries draw the nonce from hashes past the order before or after the order is taken away: both are sound.
  it('makes the same signatures, of a hash past the order one by the same key', () => {
    fc.assert(
      fc.property(hash, privateKey, (digest, key) => {
        if (digest.length === 32 && numberOf(digest) >= ORDER && crypto.isPrivateKey(key)) {
          const signature = crypto.sign(digest, key)
          expect(toHex(portable.recover(digest, signature)!)).toBe(toHex(portable.publicKeyOf(key)))
        } else expect(answer(() => crypto.sign(digest, key))).toBe(answer(() => portable.sign(digest, key)))
      }),
      RUNS,
    )
  })

  it('recovers the same keys, and none where there is none', () => {
    fc.assert(
      fc.property(signedOrNot, ({ digest, signature }) => {
        expect(answer(() => crypto.recover(digest, signature))).toBe(answer(() => portable.recover(digest, signature)))
      }),
      RUNS,
    )
  })

  it.each([
    ['a number of 0 and an r that is an x', ONE, 5n, 0, true],
    ['r not the x of any point', 5n, 5n, 0, false],
    ['r = 0', 0n, 5n, 0, false],
    ['s = 0', ONE, 0n, 0, false],
    ['r = n', ORDER, 5n, 0, false],
    ['s = n', ONE, ORDER, 1, false],
    ['s = n - 1', ONE, ORDER - 1n, 1, true],
    ['r + n past the prime', ORDER - 1n, 5n, 2, false],
    ['a recovery number of 4', ONE, 5n, 4, false],
    ['a recovery number of 255', ONE, 5n, 255, false],
  ])('of a signature with %s it says what it should, for a hash of zeros, too', (__, r, s, last, exists) => {
    const signature = concatBytes(bytesOf(r), bytesOf(s), Uint8Array.of(last))
    for (const digest of [bytesOf(0n), bytesOf(ORDER), bytesOf(7n)]) {
      const found = crypto.recover(digest, signature)
      expect(found !== undefined).toBe(exists)
      expect(found && toHex(found)).toBe(answer(() => portable.recover(digest, signature)).split(' ')[exists ? 1 : 9])
    }
  })

  it('shares what OpenSSL shares', () => {
    for (let i = 0; i < rounds(10, 500); i++) {
      const [own, other] = [generatePrivateKey(random), generatePrivateKey(random)]
      const theirs = createECDH('secp256k1')
      theirs.setPrivateKey(other)
      const expected = theirs.computeSecret(concatBytes(Uint8Array.of(4), crypto.publicKeyOf(own)))
      const key = new Uint8Array(theirs.getPublicKey()).subarray(1)
      expect(toHex(crypto.sharedSecret(own, key))).toBe(expected.toString('hex'))
    }
  })

  it('finds the keys and secrets of EIP-8', () => {
    const { initiator, recipient, derived_from_Auth2_Ack2: derived } = vectors
    for (const side of [initiator, recipient]) {
      expect(toHex(crypto.publicKeyOf(fromHex(side.static_private)))).toBe(side.static_public)
      expect(toHex(crypto.publicKeyOf(fromHex(side.ephemeral_private)))).toBe(side.ephemeral_public)
    }
    const pairs = [
      [initiator.static_private, recipient.static_public, derived.static_shared],
      [recipient.static_private, initiator.static_public, derived.static_shared],
      [recipient.ephemeral_private, initiator.ephemeral_public, derived.ephemeral_shared],
    ] as const
    for (const [own, key, secret] of pairs) {
      expect(toHex(crypto.sharedSecret(fromHex(own), fromHex(key)))).toBe(secret)
    }
  })

  it('keeps nothing of what it is given, and gives what nobody else holds', () => {
    const [own, key] = [generatePrivateKey(random), portable.publicKeyOf(generatePrivateKey(random))]
    const digest = random.bytes(32)
    const before = toHex(concatBytes(own, key, digest))
    const first = [crypto.publicKeyOf(own), crypto.sharedSecret(own, key), crypto.sign(digest, own)]
    const shown = first.map(toHex)
    crypto.recover(digest, first[2]!)
    for (const bytes of [crypto.publicKeyOf(own), crypto.sharedSecret(own, key), crypto.sign(digest, own)])
      bytes.fill(0)
    expect(first.map(toHex)).toEqual(shown)
    expect(first.every(({ buffer, length }) => buffer.byteLength === length)).toBe(true)
    expect(toHex(concatBytes(own, key, digest))).toBe(before)
  })

  it.each([
    ['dials', crypto, portable],
    ['is dialed by', portable, crypto],
  ] as const)('%s the portable one', (__, dialing: Crypto, accepting: Crypto) => {
    const [own, theirs] = [generatePrivateKey(random), generatePrivateKey(random)]
    const remotePublicKey = portable.publicKeyOf(theirs)
    const initiator = createInitiator({ crypto: dialing, random, privateKey: own, remotePublicKey })
    const responder = createResponder({ crypto: accepting, random, privateKey: theirs })
    const answered = responder.receive(initiator.start()!)!
    expect(toHex(answered.done!.remotePublicKey)).toBe(toHex(portable.publicKeyOf(own)))
    expect(initiator.receive(answered.send!)!.done).toBeDefined()
  })
})

it('without the addon native() says what to install', () => {
  const cause = new Error('Cannot find module')
  const load = (): never => {
    throw cause
  }
  expect(() => loadAddon(load)).toThrow(
    expect.objectContaining({ message: expect.stringContaining('npm install secp256k1'), cause }),
  )
})
