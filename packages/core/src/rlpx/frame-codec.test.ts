// Frames both ways: any pieces, every limit one past, and nothing released before its tag is right.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, fromHex, toHex } from '../base/bytes.ts'
import type { RunningHash } from '../base/crypto.ts'
import { seededRandom } from '../base/random.ts'
import { portableCrypto as crypto } from '../crypto/portable.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { WireMessage } from '../wire/frame-codec.ts'
import { compress } from '../wire/snappy-compress.ts'
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

const shown = ({ code, payload }: { code: number; payload: Uint8Array }): string => `${code} ${toHex(payload)}`

describe('messages', () => {
  const code = fc.oneof(fc.nat(0x90), fc.nat(0xffff_ffff))
  const message = fc.record({ code, payload: fc.uint8Array({ maxLength: 300 }) })
  const pieces = fc.oneof(fc.constant(1), fc.integer({ min: 2, max: 700 }))

  it('come out as they went in, in any pieces, compressed or not', () => {
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), pieces, fc.boolean(), (messages, pieceLength, snappy) => {
        const { from, to } = session()
        if (snappy) for (const codec of [from, to]) codec.enableSnappy()
        // Hello is never compressed and Disconnect is left as it came: both have tests of their own.
        const sent = messages.map((sample) => ({ ...sample, code: sample.code < 2 ? 2 : sample.code }))
        const wire = concatBytes(...sent.map((sample) => from.seal(sample.code, sample.payload)))
        const read = readAll(to, wire, pieceLength)
        expect(read.map(shown)).toEqual(sent.map(shown))
        expect(read.reduce((sum, { wireBytes }) => sum + wireBytes, 0)).toBe(wire.length)
        expect(to.heldBytes).toBe(0)
      }),
    )
  })

  it('of 1 MiB pass in pieces of a socket, and of a whole', () => {
    for (const pieceLength of [65_536, 2 ** 21]) {
      const { from, to } = session()
      const payload = random.bytes(2 ** 20)
      const [read] = readAll(to, from.seal(16, payload), pieceLength)
      expect(crypto.sha256(read!.payload)).toEqual(crypto.sha256(payload))
    }
  })

  it('share no memory with the chunks they came in', () => {
    const { from, to } = session()
    const chunk = concatBytes(from.seal(16, Uint8Array.of(1)), from.seal(16, Uint8Array.of(2)))
    const read: WireMessage[] = []
    to.read(chunk, (message) => void read.push(message))
    chunk.fill(0)
    expect(read.map(shown)).toEqual(['16 01', '16 02'])
    expect(read[0]!.payload.buffer).not.toBe(chunk.buffer)
  })

  it('are refused for sending when no frame can hold them', () => {
    const { from } = session()
    expect(() => from.seal(1, new Uint8Array(NO_LIMIT))).toThrow(RangeError)
    for (const value of [-1, 0.5, 2 ** 32, Number.NaN])
      expect(() => from.seal(value, new Uint8Array(0))).toThrow(RangeError)
  })
})

describe('stopping', () => {
  it('keeps the rest for the next call, which needs no bytes', () => {
    const { from, to } = session()
    const wire = concatBytes(
      from.seal(16, Uint8Array.of(1)),
      from.seal(17, Uint8Array.of(2)),
      from.seal(18, Uint8Array.of(3)),
    )
    const codes: number[] = []
    const onMessage = (message: WireMessage): boolean => codes.push(message.code) !== 1
    expect(to.read(wire.slice(0, 140), onMessage)).toBe(false)
    expect(codes).toEqual([16])
    expect(to.heldBytes).toBe(140 - 64)
    expect(to.read(new Uint8Array(0), onMessage)).toBe(true)
    expect(to.read(wire.slice(140), onMessage)).toBe(true)
    expect(codes).toEqual([16, 17, 18])
  })

  it('keeps what comes meanwhile, in order', () => {
    const { from, to } = session()
    const frames = [1, 2, 3, 4].map((value) => from.seal(16, Uint8Array.of(value)))
    const values: number[] = []
    const one = ({ payload }: WireMessage): boolean => values.push(payload[0]!) < 0
    for (const frame of frames) expect(to.read(frame, one)).toBe(false)
    expect(to.read(new Uint8Array(0), () => true)).toBe(true)
    expect(values).toEqual([1, 2, 3, 4])
  })

  it('by an exception of the receiver loses no later message', () => {
    const { from, to } = session()
    const wire = concatBytes(from.seal(16, Uint8Array.of(1)), from.seal(17, Uint8Array.of(2)))
    const broken = (): void => {
      throw new Error('of the receiver')
    }
    expect(() => to.read(wire, broken)).toThrow('of the receiver')
    const codes: number[] = []
    to.read(new Uint8Array(0), ({ code }) => void codes.push(code))
    expect(codes).toEqual([17])
  })
})

describe('slices', () => {
  it.each([
    ['plain', false, random.bytes(3_000_000)],
    ['compressed', true, concatBytes(...Array.from({ length: 300 }, () => new Uint8Array(10_000).fill(7)))],
    ['hardly compressed', true, random.bytes(3_000_000)],
  ])('of a large message that is %s give others their turn, and then the whole', (_, snappy, payload) => {
    const { from, to } = session()
    if (snappy) for (const codec of [from, to]) codec.enableSnappy()
    to.sliced = true
    const read: WireMessage[] = []
    const onMessage = (message: WireMessage): void => void read.push(message)
    const wire = concatBytes(from.seal(16, payload), from.seal(17, Uint8Array.of(1)))
    let turns = 0
    for (let done = to.read(wire, onMessage); !done; turns++) {
      expect(to).toMatchObject({ unfinished: true, midFrame: true })
      expect(to.heldBytes).toBeGreaterThan(0)
      expect(read).toEqual([])
      done = to.read(new Uint8Array(0), onMessage)
    }
    expect(turns).toBeGreaterThanOrEqual(2)
    expect(read.map(({ code }) => code)).toEqual([16, 17])
    expect(crypto.sha256(read[0]!.payload)).toEqual(crypto.sha256(payload))
    expect(to).toMatchObject({ unfinished: false, midFrame: false, partialBytes: 0, heldBytes: 0 })
  })

  it('are not cut where nobody asks for them', () => {
    const { from, to } = session()
    expect(readAll(to, from.seal(16, random.bytes(3_000_000)))).toHaveLength(1)
  })

  it('let go of what came when nothing shall be read any more', () => {
    const { from, to } = session()
    to.read(from.seal(16, random.bytes(3_000_000)).slice(0, 2_000_000), () => undefined)
    expect(to.heldBytes).toBeGreaterThan(1_000_000)
    to.discard()
    expect(to.heldBytes).toBe(0)
  })
})

describe('limits', () => {
  it('before any is set, a message has 2,048 bytes at most, and one more is refused from the header', () => {
    const { from } = session()
    const fresh = (): SessionCodec =>
      new SessionCodec(crypto, { aes: AES, mac: MAC, egress: hashOf(2), ingress: hashOf(1) })
    expect(readAll(fresh(), from.seal(0, new Uint8Array(2048)))).toHaveLength(1)
    const past = session().from.seal(0, new Uint8Array(2049))
    const error = failure(() => readAll(fresh(), past.subarray(0, 32)))
    expect(error).toMatchObject({ code: 'too big message', reason: DiscReason.breachOfProtocol })
    expect(error.message).toBe('2050 bytes, 2049 allowed')
  })

  it('each message has its own, and one past is refused from its first bytes', () => {
    const limitOf = (code: number): number => (code === 16 ? 100 : 1000)
    const open = () => {
      const { from, to } = session()
      to.setLimit(limitOf)
      return { from, to }
    }
    for (const [code, limit] of [
      [16, 100],
      [17, 1000],
    ] as const) {
      const right = open()
      expect(readAll(right.to, right.from.seal(code, new Uint8Array(limit)))).toHaveLength(1)
      for (const pieceLength of [1, 48, 2000]) {
        const { from, to } = open()
        const frame = from.seal(code, new Uint8Array(limit + 1))
        const sent = pieceLength === 2000 ? frame : frame.subarray(0, 48)
        expect(failure(() => readAll(to, sent, pieceLength))).toMatchObject({ code: 'too big message', reason: 2 })
      }
    }
  })

  it('of compressed messages count what comes of them, and refuse what can’t be so little', () => {
    const open = (limit: number) => {
      const { from, to } = session(limit)
      for (const codec of [from, to]) codec.enableSnappy()
      return { from, to }
    }
    const right = open(1000)
    expect(readAll(right.to, right.from.seal(16, random.bytes(1000)))).toHaveLength(1)
    const small = open(1000)
    const bomb = small.from.seal(16, new Uint8Array(1001))
    expect(failure(() => readAll(small.to, bomb)).message).toBe('1001 bytes uncompressed, 1000 allowed')
    // 32 + 1000 + 1000/6 bytes are the most that 1,000 can become.
    const long = open(1000)
    const frame = long.from.sealCompressed(16, new Uint8Array(1199))
    expect(failure(() => readAll(long.to, frame.subarray(0, 48))).message).toBe('1199 bytes, 1198 allowed')
  })

  it('may refuse a code before its message comes', () => {
    const { from, to } = session()
    to.setLimit((code) => {
      throw new PeerError('invalid message code', DiscReason.breachOfProtocol, `message code ${code}`)
    })
    const frame = from.seal(99, new Uint8Array(1000))
    expect(failure(() => readAll(to, frame.subarray(0, 48), 16)).message).toBe('message code 99')
  })

  it('are not what memory is taken by: it grows with what has come', () => {
    const { from, to } = session()
    const frame = from.seal(16, new Uint8Array(2 ** 20))
    readAll(to, frame.slice(0, 48))
    expect(to.heldBytes).toBeLessThanOrEqual(1024)
    readAll(to, frame.slice(48, 100_000), 100)
    expect(to.heldBytes).toBeLessThan(200_000)
  })
})

describe('tampering', () => {
  const payload = Uint8Array.from({ length: 40 }, (_, i) => i)

  it('with any bit of a frame is found before anything is released', () => {
    const whole = session().from.seal(16, payload)
    for (let bit = 0; bit < whole.length * 8; bit += 3) {
      const { to } = session()
      const altered = whole.slice()
      altered[bit >> 3]! ^= 1 << (bit & 7)
      let released = 0
      const read = (): unknown => to.read(altered, () => void released++)
      const first = failure(read)
      expect(first).toMatchObject({ code: 'bad mac', reason: DiscReason.breachOfProtocol })
      expect(released).toBe(0)
      // Nothing can be read after it.
      expect(failure(() => to.read(new Uint8Array(0), () => undefined))).toBe(first)
    }
  })

  it('with a header is found from its 32 bytes', () => {
    const { from, to } = session()
    const header = from.seal(16, payload).slice(0, 32)
    header[31]! ^= 1
    expect(failure(() => readAll(to, header)).message).toBe('the tag of a header is wrong')
  })

  it('by sending a frame again, leaving one out, or changing their order is found', () => {
    for (const order of [[0, 0], [1], [1, 0]]) {
      const { from, to } = session()
      const frames = [from.seal(16, payload), from.seal(17, payload)]
      const wire = concatBytes(...order.map((i) => frames[i]!))
      expect(failure(() => readAll(to, wire)).code).toBe('bad mac')
    }
  })

  it('whatever bytes come, nothing is released', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 1, max: 50 }), (bytes, pieceLength) => {
        const { to } = session()
        try {
          expect(readAll(to, bytes, pieceLength)).toEqual([])
        } catch (error) {
          expect(error).toMatchObject({ code: 'bad mac' })
        }
      }),
    )
  })
})

describe('compression', () => {
  function compressed() {
    const { from, to } = session()
    for (const codec of [from, to]) codec.enableSnappy()
    return { from, to }
  }

  it('is off until it is switched on, for both directions', () => {
    const { from } = session()
    const before = from.seal(16, new Uint8Array(1000))
    from.enableSnappy()
    expect(from.snappy).toBe(true)
    expect(from.seal(16, new Uint8Array(1000)).length).toBeLessThan(before.length / 5)
  })

  it('can be switched on between two frames of one chunk', () => {
    const { from, to } = session()
    const hello = from.seal(0, Uint8Array.of(0xc0))
    from.enableSnappy()
    const wire = concatBytes(hello, from.seal(2, Uint8Array.of(0xc0)))
    const read: string[] = []
    to.read(wire, (message) => {
      read.push(shown(message))
      to.enableSnappy()
    })
    expect(read).toEqual(['0 c0', '2 c0'])
  })

  it('leaves out Hello, also when the remote’s came first', () => {
    const { from, to } = session()
    from.enableSnappy()
    expect(readAll(to, from.seal(0, Uint8Array.of(0xc0))).map(shown)).toEqual(['0 c0'])
  })

  it('leaves a Disconnect as it came, for some send it compressed and some do not', () => {
    const { from, to } = compressed()
    const plain = from.sealCompressed(1, fromHex('c104'))
    expect(readAll(to, concatBytes(plain, from.seal(1, fromHex('c104')))).map(shown)).toEqual(['1 c104', '1 0204c104'])
  })

  it('is done once for many peers', () => {
    const one = compressed()
    const other = compressed()
    const payload = new Uint8Array(500).fill(7)
    const ready = one.from.compressPayload(payload)
    expect(toHex(ready)).toBe(toHex(compress(payload)))
    for (const { from, to } of [one, other]) {
      expect(readAll(to, from.sealCompressed(300, ready)).map(shown)).toEqual([shown({ code: 300, payload })])
    }
    const without = session()
    expect(without.from.compressPayload(payload)).toBe(payload)
  })

  it.each([
    ['what says it has 1 GiB in 7 bytes', '808080800400aa', 'too big message'],
    ['fewer bytes than it says', '0304aabb', 'invalid message'],
    ['more bytes than it says', '0104aabb', 'invalid message'],
    ['a copy before the start', '0400aa0102', 'invalid message'],
    ['nothing', '', 'invalid message'],
  ])('refuses %s', (_, block, code) => {
    const { from, to } = compressed()
    expect(failure(() => readAll(to, from.sealCompressed(16, fromHex(block))))).toMatchObject({ code, reason: 2 })
  })
})
