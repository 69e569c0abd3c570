// The exact bytes of frames: those of go-ethereum, those of the specification, and those that nobody should send.
import { describe, expect, it } from 'vitest'
import vector from '../../../../vectors/rlpx-frame.json' with { type: 'json' }
import { concatBytes, fromHex, toHex } from '../base/bytes.ts'
import type { RunningHash } from '../base/crypto.ts'
import { seededRandom } from '../base/random.ts'
import { portableCrypto as crypto } from '../crypto/portable.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { WireMessage } from '../wire/frame-codec.ts'
import { SessionCodec } from './frame-codec.ts'

const random = seededRandom(3)
const AES = random.bytes(32)
const MAC = random.bytes(32)
const NO_LIMIT = 0xff_ffff

function hashOf(seed: number): RunningHash {
  const hash = crypto.createKeccak256()
  hash.update(Uint8Array.of(seed))
  return hash
}

/** Both ends of one session. */
function session(limit: number = NO_LIMIT): { readonly from: SessionCodec; readonly to: SessionCodec } {
  const from = new SessionCodec(crypto, { aes: AES, mac: MAC, egress: hashOf(1), ingress: hashOf(2) })
  const to = new SessionCodec(crypto, { aes: AES, mac: MAC, egress: hashOf(2), ingress: hashOf(1) })
  to.setLimit(() => limit)
  return { from, to }
}

/** All that `bytes` in pieces of this length hold. */
function readAll(codec: SessionCodec, bytes: Uint8Array, pieceLength: number = bytes.length): WireMessage[] {
  const messages: WireMessage[] = []
  for (let at = 0; at < bytes.length; at += pieceLength) {
    codec.read(bytes.slice(at, at + pieceLength), (message) => void messages.push(message))
  }
  return messages
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

/**
 * Makes frames by the letter of the specification, whatever is in them: what `from` of a session would, and what it
 * wouldn't.
 */
function forge() {
  const stream = crypto.createKeystream(AES)
  const block = crypto.createBlockCipher(MAC)
  const hash = hashOf(1)
  const step = (mixed: Uint8Array): Uint8Array => {
    hash.update(block(hash.digest().subarray(0, 16)).map((byte, i) => byte ^ mixed[i]!))
    return hash.digest().subarray(0, 16)
  }
  return (body: Uint8Array, { size = body.length, headerData = 'c28080', padding = 0 } = {}): Uint8Array => {
    const header = concatBytes(Uint8Array.of(size >> 16, size >> 8, size), fromHex(headerData.padEnd(26, '0')))
    stream.apply(header)
    const headerTag = step(header)
    const padded = concatBytes(body, new Uint8Array((16 - (body.length % 16)) % 16).fill(padding))
    stream.apply(padded)
    hash.update(padded)
    return concatBytes(header, headerTag, padded, step(hash.digest()))
  }
}

const shown = ({ code, payload }: { code: number; payload: Uint8Array }): string => `${code} ${toHex(payload)}`

describe('the golden frame of go-ethereum', () => {
  const hash: RunningHash = { update: () => undefined, digest: () => fromHex(vector.digest) }
  const codec = (): SessionCodec =>
    new SessionCodec(crypto, { aes: fromHex(vector.aes), mac: fromHex(vector.mac), egress: hash, ingress: hash })

  it('is written', () => {
    expect(toHex(codec().seal(vector.code, fromHex(vector.payload)))).toBe(vector.frame)
  })

  it('is read', () => {
    const [message] = readAll(codec(), fromHex(vector.frame))
    expect(message).toEqual({ code: vector.code, payload: fromHex(vector.payload), wireBytes: 64 })
  })
})

describe('messages', () => {
  it('are sealed as the specification says', () => {
    const { from } = session()
    const reference = forge()
    for (const length of [0, 1, 14, 15, 16, 17, 1000]) {
      const payload = random.bytes(length)
      expect(toHex(from.seal(0x10, payload))).toBe(toHex(reference(concatBytes(Uint8Array.of(0x10), payload))))
    }
  })

  it.each([
    [0, '80'],
    [1, '01'],
    [0x7f, '7f'],
    [0x80, '8180'],
    [0xff, '81ff'],
    [0x100, '820100'],
    [0xffff, '82ffff'],
    [0x1_0000, '83010000'],
    [0xff_ffff, '83ffffff'],
    [0x100_0000, '8401000000'],
    [0xffff_ffff, '84ffffffff'],
  ])('have the code %i as %s', (value, text) => {
    const { from, to } = session()
    const frame = from.seal(value, Uint8Array.of(0xc0))
    expect(toHex(frame)).toBe(toHex(forge()(fromHex(`${text}c0`))))
    expect(readAll(to, frame).map(shown)).toEqual([`${value} c0`])
  })
})

describe('frames of strangers', () => {
  it.each([
    ['a frame of nothing', '', 'bad frame'],
    ['code 0 as a byte', '00', 'invalid message code'],
    ['code 5 with a header', '8105', 'invalid message code'],
    ['code 0x80 in two bytes', '820080', 'invalid message code'],
    ['code 0x100 in three', '83000100', 'invalid message code'],
    ['a code past 32 bits', '850100000000', 'invalid message code'],
    ['a code of 55 bytes', `b7${'01'.repeat(55)}`, 'invalid message code'],
    ['a long code', 'b838', 'invalid message code'],
    ['a list for a code', 'c0', 'invalid message code'],
    ['a long list for a code', 'ff', 'invalid message code'],
    ['a code cut after its header', '81', 'invalid message code'],
    ['a code cut in the middle', '8201', 'invalid message code'],
    ['a long code cut at its end', '84010203', 'invalid message code'],
  ])('%s is refused, whole and in pieces', (_, body, code) => {
    for (const pieceLength of [1, 16, 1000]) {
      const { to } = session()
      expect(failure(() => readAll(to, forge()(fromHex(body)), pieceLength))).toMatchObject({ code, reason: 2 })
    }
  })

  it.each([
    ['other header data', { headerData: 'c58203e88405' }],
    ['padding that isn’t zero', { padding: 0xee }],
  ])('%s is ignored', (_, options) => {
    const { to } = session()
    expect(readAll(to, forge()(fromHex('10c0'), options)).map(shown)).toEqual(['16 c0'])
  })

  it('a code alone has no payload', () => {
    const { to } = session()
    expect(readAll(to, forge()(fromHex('10'))).map(shown)).toEqual(['16 '])
  })
})
