// That the client's half of a WebSocket is read as the stream of bytes that it is, whatever the split, and that nothing
// wrong gets through. The oracle is the reader of the `ws` package.
import * as ws from 'ws'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { clientClose, type ClientFrame, clientFrame, Opcode } from '../../../../tests/support/client-frames.ts'
import { FrameReader } from './frame-reader.ts'
import type { HalfEnd } from './frames.ts'

interface Seen {
  readonly payload: string
  readonly pings: readonly string[]
  readonly end: HalfEnd | undefined
}

/** @param cuts - where the bytes are split */
function read(bytes: Uint8Array, cuts: readonly number[] = [], reader = new FrameReader()): Seen {
  const payload: Uint8Array[] = []
  const pings: string[] = []
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
  for (const [i, place] of [...places, bytes.length].entries()) {
    // A copy that begins anywhere in its memory: the reader writes into it.
    const from = places[i - 1] ?? 0
    const memory = new Uint8Array(3 + place - from)
    memory.set(bytes.subarray(from, place), 3)
    const chunk = memory.subarray(3)
    payload.push(chunk.slice(0, reader.read(chunk)))
    const ping = reader.takePing()
    if (ping) pings.push(hex(ping))
  }
  return { payload: hex(Buffer.concat(payload)), pings, end: reader.end }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
const everywhere = (bytes: Uint8Array): number[] => Array.from(bytes, (_, at) => at)

const mask = fc.uint8Array({ minLength: 4, maxLength: 4 })
const short = fc.uint8Array({ maxLength: 300 })
const content = fc.oneof(
  { weight: 8, arbitrary: short },
  { weight: 1, arbitrary: fc.integer({ min: 65_530, max: 66_000 }).map((length) => new Uint8Array(length).fill(0xa5)) },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 2_040, max: 5_000 }).map((n) => Uint8Array.from({ length: n }, (_, i) => i)),
  },
)
const control = fc.record({
  opcode: fc.constantFrom(Opcode.ping, Opcode.pong),
  payload: fc.uint8Array({ maxLength: 125 }),
  mask,
})

/** Messages in one frame or several, with control frames among them. */
function sessionOf(contents: fc.Arbitrary<Uint8Array>): fc.Arbitrary<readonly ClientFrame[]> {
  const part = fc.record({ payload: contents, mask, between: fc.array(control, { maxLength: 2 }) })
  const message = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) =>
    parts.flatMap(({ payload, mask: key, between }, i): ClientFrame[] => {
      const opcode = i === 0 ? Opcode.binary : Opcode.continuation
      return [{ opcode, payload, mask: key, final: i === parts.length - 1 }, ...between]
    }),
  )
  const one = fc.oneof(
    { weight: 3, arbitrary: message },
    control.map((frame): ClientFrame[] => [frame]),
  )
  return fc.array(one, { maxLength: 8 }).map((all) => all.flat())
}

const cuts = fc.array(fc.nat(200_000), { maxLength: 12 })

function contentOf(frames: readonly ClientFrame[]): string {
  return frames
    .filter(({ opcode = 2 }) => opcode < 8)
    .map(({ payload }) => hex(payload ?? new Uint8Array(0)))
    .join('')
}

/** Whether the first are some of the second, in their order. */
function inOrder(some: readonly string[], all: readonly string[]): boolean {
  let at = 0
  for (const one of all) if (one === some[at]) at++
  return at === some.length
}

describe('any session of a client', () => {
  it('is the same bytes at any split, with the last ping of each piece', () => {
    fc.assert(
      fc.property(sessionOf(content), cuts, (frames, at) => {
        const wire = Buffer.concat(frames.map(clientFrame))
        const seen = read(wire, at)
        expect(seen.payload).toBe(contentOf(frames))
        expect(seen.end).toBeUndefined()
        const pings = frames.filter(({ opcode }) => opcode === Opcode.ping).map(({ payload }) => hex(payload!))
        expect(seen.pings.at(-1)).toBe(pings.at(-1))
        expect(inOrder(seen.pings, pings)).toBe(true)
      }),
    )
  })

  it('is the same one byte at a time, and every ping is seen', () => {
    const small = fc.array(fc.oneof(control, fc.record({ payload: fc.uint8Array({ maxLength: 140 }), mask })))
    fc.assert(
      fc.property(small, (frames: readonly ClientFrame[]) => {
        const wire = Buffer.concat(frames.map(clientFrame))
        const { payload, pings, end } = read(wire, everywhere(wire))
        expect(payload).toBe(contentOf(frames))
        expect(pings).toEqual(frames.filter(({ opcode }) => opcode === Opcode.ping).map((frame) => hex(frame.payload!)))
        expect(end).toBeUndefined()
      }),
    )
  })

  it('takes a length in more bytes than it needs', () => {
    const payload = Uint8Array.of(1, 2, 3)
    const wire = Buffer.concat([clientFrame({ payload, lengthBytes: 2 }), clientFrame({ payload, lengthBytes: 8 })])
    expect(read(wire).payload).toBe('010203010203')
    expect(read(wire, everywhere(wire)).payload).toBe('010203010203')
  })

  it('never ends for a frame of any length, of which nothing is assembled', () => {
    const reader = new FrameReader()
    const piece = new Uint8Array(65_536)
    read(clientFrame({ length: BigInt(Number.MAX_SAFE_INTEGER), lengthBytes: 8 }), [], reader)
    for (let i = 0; i < 32; i++) expect(reader.read(piece)).toBe(piece.length)
    expect(reader.end).toBeUndefined()
  })
})

describe('a close frame', () => {
  it.for([
    ['nothing', clientFrame({ opcode: Opcode.close }), 1005, ''],
    ['a code', clientClose(1000), 1000, ''],
    ['a code and a reason', clientClose(4429, 'full; häuser'), 4429, 'full; häuser'],
    ['as much as has room', clientClose(1001, 'x'.repeat(123)), 1001, 'x'.repeat(123)],
  ] as const)('ends the half, with %s', ([, frame, code, text]) => {
    const wire = Buffer.concat([
      clientFrame({ payload: Uint8Array.of(7) }),
      frame,
      clientFrame({ payload: Uint8Array.of(8) }),
    ])
    for (const at of [[], everywhere(wire)]) {
      expect(read(wire, at)).toEqual({ payload: '07', pings: [], end: { code, text, broken: false } })
    }
  })
})

const MAX = 1_000
const begun = clientFrame({ payload: Uint8Array.of(1), final: false })
const breaches: readonly (readonly [string, Uint8Array, number])[] = [
  ...[1, 2, 4].map((reserved) => [`the reserved bit ${reserved}`, clientFrame({ reserved }), 1002] as const),
  ...[3, 4, 5, 6, 7].map((opcode) => [`a message of kind ${opcode}`, clientFrame({ opcode }), 1002] as const),
  ...[11, 12, 13, 14, 15].map(
    (opcode) => [`a control frame of kind ${opcode}`, clientFrame({ opcode }), 1002] as const,
  ),
  ['no mask', clientFrame({ mask: null }), 1002],
  ['a ping without a mask', clientFrame({ opcode: Opcode.ping, mask: null }), 1002],
  ...(['ping', 'pong', 'close'] as const).flatMap((name) => {
    const opcode = Opcode[name]
    return [
      [`a ${name} in fragments`, clientFrame({ opcode, final: false }), 1002] as const,
      [`a ${name} of 126 bytes`, clientFrame({ opcode, payload: new Uint8Array(126) }), 1002] as const,
      [`a ${name} with a length of 64 bits`, clientFrame({ opcode, length: 5n, lengthBytes: 8 }), 1002] as const,
    ]
  }),
  ['a close of one byte', clientFrame({ opcode: Opcode.close, payload: Uint8Array.of(3) }), 1002],
  ...[0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535].map(
    (code) => [`the close code ${code}`, clientClose(code), 1002] as const,
  ),
  [
    'a reason that is no UTF-8',
    clientFrame({ opcode: Opcode.close, payload: Uint8Array.of(3, 232, 0xc3, 0x28) }),
    1007,
  ],
  ['a fragment of no message', clientFrame({ opcode: Opcode.continuation }), 1002],
  ['a message within a message', Buffer.concat([begun, clientFrame({ payload: Uint8Array.of(9) })]), 1002],
  ['a text', clientFrame({ opcode: Opcode.text, payload: Uint8Array.of(65) }), 1003],
  ['a message one byte past the limit', clientFrame({ payload: new Uint8Array(MAX + 1) }), 1009],
  [
    'fragments one byte past the limit',
    Buffer.concat([begun, clientFrame({ opcode: 0, payload: new Uint8Array(MAX) })]),
    1009,
  ],
  ['a message of 2^63 bytes', clientFrame({ length: 2n ** 63n, lengthBytes: 8 }), 1009],
  ['a message of 2^64 - 1 bytes', clientFrame({ length: 2n ** 64n - 1n, lengthBytes: 8 }), 1009],
]

describe('what no client may send', () => {
  it.for(breaches)('ends the half: %s', ([, breach, code]) => {
    const before = clientFrame({ payload: Uint8Array.of(0xaa, 0xbb) })
    const wire = Buffer.concat([before, breach, clientFrame({ payload: Uint8Array.of(0xcc) })])
    for (const at of [[], everywhere(wire), [before.length + 1], [before.length + 2]]) {
      const { payload, end } = read(wire, at, new FrameReader(MAX))
      expect(end).toMatchObject({ code, broken: true })
      // Of a message in fragments that went wrong the first has been passed on.
      expect(['aabb', 'aabb01']).toContain(payload)
    }
  })

  it('takes a message of exactly the limit, in one frame or in several', () => {
    const payload = new Uint8Array(MAX - 1)
    const parts = [clientFrame({ payload: new Uint8Array(MAX) }), begun, clientFrame({ opcode: 0, payload }), begun]
    const { payload: seen, end } = read(Buffer.concat(parts), [], new FrameReader(MAX))
    expect(end).toBeUndefined()
    expect(seen.length / 2).toBe(2 * MAX + 1)
  })

  it('does not look at a safe sum of lengths that are too long together', () => {
    const reader = new FrameReader()
    const long = clientFrame({ length: 2n ** 53n, lengthBytes: 8 })
    expect(read(long, [], reader).end).toMatchObject({ code: 1009, broken: true })
  })
})

/** Parts of `ws` that its types leave out. */
interface Receiver {
  write(chunk: Uint8Array, done: (error?: Error | null) => void): void
  on(event: 'message', listener: (data: Buffer) => void): void
  on(event: 'ping', listener: (data: Buffer) => void): void
  on(event: 'conclude', listener: (code: number, reason: Buffer) => void): void
  on(event: 'error', listener: () => void): void
}
const { Receiver } = ws as unknown as { readonly Receiver: new (options: object) => Receiver }

describe('beside the reader of ws', () => {
  // Bytes that are nearly right: frames with any first two bytes, and short ones of chance.
  const nearly = fc.oneof(
    { weight: 6, arbitrary: sessionOf(short).map((frames) => Buffer.concat(frames.map(clientFrame))) },
    {
      weight: 3,
      arbitrary: fc
        .record({
          opcode: fc.nat(15),
          reserved: fc.constantFrom(0, 0, 0, 1),
          final: fc.boolean(),
          payload: fc.uint8Array({ maxLength: 130 }),
          mask: fc.option(mask, { freq: 20 }),
        })
        .map(clientFrame),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)) },
  )

  it('takes and refuses the same', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(nearly, { maxLength: 6 }), cuts, async (parts, at) => {
        const wire = Buffer.concat(parts)
        const theirs = await readByWs(wire)
        const ours = read(wire, at, new FrameReader(MAX))
        // They take texts.
        if (ours.end?.code === 1003) return
        expect(ours.end && { code: ours.end.broken ? 'broken' : ours.end.code }).toEqual(theirs.end)
        // They hold back a message until it is whole.
        expect(ours.payload.startsWith(theirs.payload)).toBe(true)
        expect(ours.pings.at(-1)).toBe(theirs.pings.at(-1))
      }),
    )
  })

  async function readByWs(wire: Buffer): Promise<{ payload: string; pings: string[]; end: object | undefined }> {
    const receiver = new Receiver({ isServer: true, maxPayload: MAX, allowSynchronousEvents: true })
    const payload: string[] = []
    const pings: string[] = []
    let end: object | undefined
    receiver.on('message', (data) => payload.push(hex(data)))
    receiver.on('ping', (data) => end ?? pings.push(hex(data)))
    receiver.on('conclude', (code) => (end ??= { code }))
    receiver.on('error', () => undefined)
    await new Promise<void>((resolve) => {
      receiver.write(Buffer.from(wire), (error) => {
        if (error) end ??= { code: 'broken' }
        resolve()
      })
    })
    return { payload: payload.join(''), pings, end }
  }
})
