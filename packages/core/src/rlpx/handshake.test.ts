// Both roles of the handshake against each other, in any pieces, and against what strangers may send.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import vectors from '../../../../vectors/rlpx-eip8.json' with { type: 'json' }
import { concatBytes, fromHex, toHex } from '../base/bytes.ts'
import type { Crypto } from '../base/crypto.ts'
import { seededRandom } from '../base/random.ts'
import { portableCrypto as crypto } from '../crypto/portable.ts'
import { PeerError } from '../errors/peer-error.ts'
import { encodeRlp, type RlpInput } from '../wire/rlp-writer.ts'
import { encryptTo } from './ecies.ts'
import { createInitiator, type Handshake, type HandshakeResult } from './handshake.ts'
import { createResponder } from './responder.ts'
import { generateKeyPair, type KeyPair } from './keys.ts'
import { readAck } from './packets.ts'
import { xor } from './secrets.ts'

const random = seededRandom(1)
const dialer: KeyPair = generateKeyPair(crypto, random)
const listener: KeyPair = generateKeyPair(crypto, random)
const onePair: KeyPair = generateKeyPair(crypto, random)

const initiator = (): Handshake =>
  createInitiator({ crypto, random, privateKey: dialer.privateKey, remotePublicKey: listener.publicKey })
const responder = (): Handshake => createResponder({ crypto, random, privateKey: listener.privateKey })

/** Feeds `bytes` in pieces of these lengths, over and over; the one answer that isn't `undefined`. */
function feed(handshake: Handshake, bytes: Uint8Array, lengths: readonly number[]) {
  for (let at = 0, turn = 0; ; turn++) {
    const piece = bytes.slice(at, at + lengths[turn % lengths.length]!)
    at += piece.length
    const progress = handshake.receive(piece)
    if (progress) return { progress, unread: bytes.slice(at) }
    if (at >= bytes.length) throw new Error('more bytes are wanted')
  }
}

function failure(run: () => unknown): PeerError {
  try {
    run()
  } catch (error) {
    if (error instanceof PeerError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** All a remote may learn of any failure is the same. */
const ALIKE = { code: 'encryption handshake failed', reason: 2 }

/** A packet with these items, encrypted as it should be. */
function packet(to: Uint8Array, items: RlpInput, keyPair: KeyPair = onePair): Uint8Array {
  const plain = concatBytes(encodeRlp(items), new Uint8Array(100))
  const size = plain.length + 113
  const prefix = Uint8Array.of(size >> 8, size & 0xff)
  // What encrypts is overwritten.
  const once = { ...keyPair, privateKey: keyPair.privateKey.slice() }
  return concatBytes(prefix, encryptTo(crypto, to, plain, prefix, once, random.bytes(16)))
}

/** The portable provider, noting every key that is multiplied. */
function watched(): { readonly crypto: Crypto; readonly multiplied: string[] } {
  const multiplied: string[] = []
  const sharedSecret = (privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array => {
    multiplied.push(toHex(publicKey))
    return crypto.sharedSecret(privateKey, publicKey)
  }
  return { crypto: { ...crypto, sharedSecret }, multiplied }
}

const PRIME = 2n ** 256n - 2n ** 32n - 977n
const hex = (value: bigint): string => value.toString(16).padStart(64, '0')
const X = toHex(onePair.publicKey).slice(0, 64)
const Y = toHex(onePair.publicKey).slice(64)
const Y_OF_ONE = '4218f20ae6c646b363db68605822fb14264ca8d2587fdd6fbc750d587e76a7ee'

/** What is no public key, by what is wrong with it. */
const BAD_KEYS = [
  ['zero', '00'.repeat(64)],
  ['off the curve', X + hex(BigInt(`0x${Y}`) ^ 1n)],
  ['with x = p', hex(PRIME) + Y],
  ['with x = p + 1 and the y of x = 1', hex(PRIME + 1n) + Y_OF_ONE],
  ['with x = 2^256 - 1', 'ff'.repeat(32) + Y],
  ['with y = p', X + hex(PRIME)],
  ['with y = p + 1', X + hex(PRIME + 1n)],
  ['with y = 2^256 - 1', X + 'ff'.repeat(32)],
] as const

describe('two sides', () => {
  it('know each other’s key at the end and understand each other’s frames, in any pieces', () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(lengths, fc.uint8Array({ maxLength: 40 }), (pieces, extra) => {
        const left = initiator()
        const right = responder()
        expect(right.start()).toBeUndefined()
        const first = feed(right, left.start()!, pieces)
        expect(first.unread).toHaveLength(0)
        // What comes after ack, in the same chunk or not, is the first of the frames.
        const second = feed(left, concatBytes(first.progress.send!, extra), pieces)
        const [from, to] = [second.progress.done!, first.progress.done!]
        expect(concatBytes(from.rest, second.unread)).toEqual(extra)
        expect(from.remotePublicKey).toEqual(listener.publicKey)
        expect(to.remotePublicKey).toEqual(dialer.publicKey)
        expectUnderstood(from, to)
        expectUnderstood(to, from)
      }),
      { numRuns: 12 },
    )
  })

  it('in pieces of one byte', () => {
    const left = initiator()
    const right = responder()
    const first = feed(right, left.start()!, [1]).progress
    const second = feed(left, first.send!, [1]).progress
    expect(second.done!.rest).toHaveLength(0)
    expectUnderstood(second.done!, first.done!)
  })

  it('write packets whose length says nothing: 100 to 199 bytes of padding', () => {
    const sizes = new Set(Array.from({ length: 8 }, () => initiator().start()!.length))
    expect(sizes.size).toBeGreaterThan(3)
    // Prefix 2, encryption 113, list header 2, signature 67, key 66, nonce 33, version 1.
    for (const size of sizes) expect(size - 284).toSatisfy((padding: number) => padding >= 100 && padding < 200)
  })

  it('never use a key or nonce twice', () => {
    const [one, two] = [responder(), responder()].map((right) => right.receive(initiator().start()!)!.send!)
    expect(one!.subarray(2, 82)).not.toEqual(two!.subarray(2, 82))
  })

  it('take key pairs that were made ahead', () => {
    const made = [generateKeyPair(crypto, random), generateKeyPair(crypto, random)]
    const right = createResponder({
      crypto,
      random,
      privateKey: listener.privateKey,
      createKeyPair: () => made.shift()!,
    })
    expect(right.receive(initiator().start()!)!.done).toBeDefined()
    expect(made).toHaveLength(0)
  })

  function expectUnderstood(from: HandshakeResult, to: HandshakeResult): void {
    const read: string[] = []
    to.codec.read(from.codec.seal(0, Uint8Array.of(1, 2, 3)), ({ payload }) => void read.push(toHex(payload)))
    expect(read).toEqual(['010203'])
  }
})

describe('the packets of EIP-8', () => {
  const { initiator: a, recipient: b } = vectors
  const pair = (side: typeof a): KeyPair => ({
    privateKey: fromHex(side.ephemeral_private),
    publicKey: fromHex(side.ephemeral_public),
  })
  const scripted = (side: typeof a) => ({
    crypto,
    privateKey: fromHex(side.static_private),
    random: { uint32: () => 7, bytes: (length: number) => fromHex(side.nonce).subarray(0, length) },
    createKeyPair: () => pair(side),
  })

  it.each(vectors.auth.filter((auth) => !auth.pre_eip8))('$name is accepted, version $version', ({ hex: text }) => {
    const { done, send } = createResponder(scripted(b)).receive(fromHex(text))!
    expect(toHex(done!.remotePublicKey)).toBe(a.static_public)
    const ack = readAck(crypto, fromHex(a.static_private), send!)
    expect(toHex(ack.publicKey)).toBe(b.ephemeral_public)
    expect(toHex(ack.nonce)).toBe(b.nonce)
  })

  it.each(vectors.ack.filter((ack) => !ack.pre_eip8))('$name is accepted, version $version', ({ hex: text }) => {
    const left = createInitiator({ ...scripted(a), remotePublicKey: fromHex(b.static_public) })
    left.start()
    expect(toHex(left.receive(fromHex(text))!.done!.remotePublicKey)).toBe(b.static_public)
  })

  it.each([...vectors.auth, ...vectors.ack].filter((old) => old.pre_eip8))('$name, the old form, is not', (old) => {
    // Its first bytes are taken for a size past its length: more is waited for, until the deadline of whoever waits.
    expect(createResponder(scripted(b)).receive(fromHex(old.hex))).toBeUndefined()
  })
})

describe('sizes', () => {
  it.each([0, 1, 112, 2049, 4096, 0xffff])('%i is refused from the two bytes that say it', (size) => {
    const right = responder()
    expect(right.receive(Uint8Array.of(size >> 8))).toBeUndefined()
    expect(failure(() => right.receive(Uint8Array.of(size & 0xff)))).toMatchObject(ALIKE)
    const left = initiator()
    left.start()
    expect(failure(() => left.receive(Uint8Array.of(size >> 8, size & 0xff)))).toMatchObject(ALIKE)
  })

  it.each([113, 2048])('%i is waited for', (size) => {
    const prefix = Uint8Array.of(size >> 8, size & 0xff)
    expect(responder().receive(concatBytes(prefix, new Uint8Array(size - 1)))).toBeUndefined()
    expect(failure(() => responder().receive(concatBytes(prefix, new Uint8Array(size))))).toMatchObject(ALIKE)
  })

  it('a packet of 2,048 bytes is accepted', () => {
    const auth = authItems()
    const filler = new Uint8Array(2048 - 113 - 100 - encodeRlp([...auth, new Uint8Array(1000)]).length + 1000)
    const whole = packet(listener.publicKey, [...auth, filler])
    expect(whole).toHaveLength(2050)
    expect(responder().receive(whole)!.done!.remotePublicKey).toEqual(dialer.publicKey)
  })

  it.each([2, 3, 4, 0, 255])(
    'packets of 0 to 400 bytes that begin with %i are refused alike by both sides',
    (first) => {
      for (let size = 0; size <= 400; size++) {
        const bytes = concatBytes(Uint8Array.of(size >> 8, size & 0xff), random.bytes(size))
        // With a true point now and then, so that also what follows it is looked at.
        if (size > 65 && size % 8 === 0) bytes.set(onePair.publicKey, 3)
        if (size > 0) bytes[2] = first
        expect(failure(() => responder().receive(bytes))).toMatchObject(ALIKE)
        expect(() => readAck(crypto, dialer.privateKey, bytes)).toThrow(Error)
      }
    },
  )

  it('whatever 300 bytes come, only this failure is thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        try {
          expect(responder().receive(bytes)).toBeUndefined()
        } catch (error) {
          expect(error).toMatchObject(ALIKE)
        }
      }),
    )
  })
})

function authItems(over: { signature?: Uint8Array; publicKey?: Uint8Array; nonce?: Uint8Array } = {}): RlpInput[] {
  const nonce = over.nonce ?? random.bytes(32)
  const token = xor(
    crypto.sharedSecret(dialer.privateKey, listener.publicKey),
    nonce.length === 32 ? nonce : new Uint8Array(32),
  )
  const signature = over.signature ?? crypto.sign(token, onePair.privateKey)
  return [signature, over.publicKey ?? dialer.publicKey, nonce, 4]
}

describe('keys of strangers', () => {
  it.each(BAD_KEYS)('the point that auth is encrypted with is refused %s, before anything is multiplied', (_, bad) => {
    const { crypto: watching, multiplied } = watched()
    const auth = packet(listener.publicKey, authItems())
    auth.set(fromHex(bad), 3)
    const right = createResponder({ crypto: watching, random, privateKey: listener.privateKey })
    expect(failure(() => right.receive(auth))).toMatchObject(ALIKE)
    expect(multiplied).toEqual([])
  })

  it.each(BAD_KEYS)('the key in auth is refused %s, and never multiplied', (_, bad) => {
    const { crypto: watching, multiplied } = watched()
    const right = createResponder({ crypto: watching, random, privateKey: listener.privateKey })
    const auth = packet(listener.publicKey, authItems({ publicKey: fromHex(bad) }))
    expect(failure(() => right.receive(auth))).toMatchObject(ALIKE)
    expect(multiplied).toEqual([toHex(onePair.publicKey)])
  })

  it.each(BAD_KEYS)('a key recovered from the signature in auth is refused %s, and never multiplied', (_, bad) => {
    const { crypto: watching, multiplied } = watched()
    const provider = { ...watching, recover: () => fromHex(bad) }
    const right = createResponder({ crypto: provider, random, privateKey: listener.privateKey })
    expect(failure(() => right.receive(packet(listener.publicKey, authItems())))).toMatchObject(ALIKE)
    expect(multiplied).not.toContain(bad)
  })

  it.each([
    ['with r = 0', concatBytes(new Uint8Array(32), new Uint8Array(32).fill(1), Uint8Array.of(0))],
    ['with s = 0', concatBytes(fromHex(X), new Uint8Array(33))],
    ['with r past the order', concatBytes(new Uint8Array(32).fill(255), new Uint8Array(33).fill(1))],
    ['with a recovery number of 27', concatBytes(fromHex(X), new Uint8Array(32).fill(1), Uint8Array.of(27))],
    ['of zeros', new Uint8Array(65)],
  ])('a signature %s is refused', (_, signature) => {
    expect(failure(() => responder().receive(packet(listener.publicKey, authItems({ signature }))))).toMatchObject(
      ALIKE,
    )
  })

  it.each(BAD_KEYS)('the point that ack is encrypted with is refused %s, before anything is multiplied', (_, bad) => {
    const { left, multiplied } = waiting()
    const ack = packet(dialer.publicKey, [onePair.publicKey, random.bytes(32), 4])
    ack.set(fromHex(bad), 3)
    expect(failure(() => left.receive(ack))).toMatchObject(ALIKE)
    expect(multiplied).toEqual([])
  })

  it.each(BAD_KEYS)('the key in ack is refused %s, and never multiplied', (_, bad) => {
    const { left, multiplied } = waiting()
    const ack = packet(dialer.publicKey, [fromHex(bad), random.bytes(32), 4])
    expect(failure(() => left.receive(ack))).toMatchObject(ALIKE)
    expect(multiplied).toEqual([toHex(onePair.publicKey)])
  })

  /** An initiator that has sent auth; what was multiplied until then is forgotten. */
  function waiting(): { readonly left: Handshake; readonly multiplied: string[] } {
    const { crypto: watching, multiplied } = watched()
    const options = { crypto: watching, random, privateKey: dialer.privateKey, remotePublicKey: listener.publicKey }
    const left = createInitiator(options)
    left.start()
    multiplied.length = 0
    return { left, multiplied }
  }
})

describe('contents of strangers', () => {
  it.each<[string, RlpInput]>([
    ['an empty list', []],
    ['a string', 'auth'],
    ['a signature of 64 bytes', authItems({ signature: new Uint8Array(64) })],
    ['a key of 65 bytes', authItems({ publicKey: concatBytes(Uint8Array.of(4), dialer.publicKey) })],
    ['a nonce of 31 bytes', authItems({ nonce: new Uint8Array(31) })],
    ['lists for strings', [[], [], [], []]],
    ['more than 256 items', [...authItems(), Array.from({ length: 300 }, () => 1)]],
    ['lists nested 9 deep', [...authItems(), [[[[[[[[]]]]]]]]]],
  ])('an auth with %s is refused', (_, items) => {
    expect(failure(() => responder().receive(packet(listener.publicKey, items)))).toMatchObject(ALIKE)
  })

  it.each<[string, RlpInput]>([
    ['another version', [...authItems().slice(0, 3), 56]],
    ['a version that is a list', [...authItems().slice(0, 3), [1, 2]]],
    ['no version', authItems().slice(0, 3)],
    ['items that a later version adds', [...authItems(), 1, [2, [3]], 'four']],
  ])('an auth with %s is accepted', (_, items) => {
    expect(responder().receive(packet(listener.publicKey, items))!.done!.remotePublicKey).toEqual(dialer.publicKey)
  })

  it('a packet altered in any part is refused', () => {
    const auth = packet(listener.publicKey, authItems())
    for (const at of [1, 2, 3, 66, 67, 82, 83, 200, auth.length - 33, auth.length - 32, auth.length - 1]) {
      const altered = auth.slice()
      altered[at]! ^= 1
      const whole = at === 1 ? concatBytes(altered, new Uint8Array(2)) : altered
      expect(failure(() => responder().receive(whole))).toMatchObject(ALIKE)
    }
  })

  it('an auth for another key is refused', () => {
    expect(failure(() => responder().receive(packet(dialer.publicKey, authItems())))).toMatchObject(ALIKE)
  })

  it('an ack from whoever hasn’t the key that was dialed is refused', () => {
    const stranger = createResponder({ crypto, random, privateKey: onePair.privateKey })
    expect(failure(() => stranger.receive(initiator().start()!))).toMatchObject(ALIKE)
  })
})

describe('misuse', () => {
  it.each([
    ['a private key of zero', () => createResponder({ crypto, random, privateKey: new Uint8Array(32) })],
    ['a private key of 31 bytes', () => createResponder({ crypto, random, privateKey: new Uint8Array(31).fill(1) })],
    [
      'a remote key off the curve',
      () =>
        createInitiator({ crypto, random, privateKey: dialer.privateKey, remotePublicKey: new Uint8Array(64).fill(1) }),
    ],
  ])('%s is a RangeError at once', (_, run) => {
    expect(run).toThrow(RangeError)
  })

  it('starting twice, receiving before starting, and receiving after the end are TypeErrors', () => {
    const left = initiator()
    expect(() => left.receive(new Uint8Array(2))).toThrow(TypeError)
    left.start()
    expect(() => left.start()).toThrow(TypeError)
    expect(failure(() => left.receive(new Uint8Array(2)))).toMatchObject(ALIKE)
    expect(() => left.receive(new Uint8Array(2))).toThrow(TypeError)
  })
})
