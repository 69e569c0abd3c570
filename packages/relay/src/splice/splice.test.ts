// Splices of two WebSockets in memory: what passes, how ends are told, and what holds back whom.
import { Duplex, duplexPair } from 'node:stream'
import { createManualClock, type ManualClock } from '@peerwire/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  clientClose,
  clientFrame,
  Opcode,
  type ServerFrame,
  serverFrames,
} from '../../../../tests/support/client-frames.ts'
import type { Goodbye } from './side.ts'
import { type Meter, Splice, type SpliceEnd } from './splice.ts'
import { Turns } from './turns.ts'
import { WebSocketSide } from './websocket-side.ts'

const IDLE_MS = 120_000
const CLOSE_MS = 2_000
const idle = (text: string): Goodbye => ({ code: 4408, text })

/** The client at one end. */
class Client {
  readonly #stream: Duplex
  #received: Buffer = Buffer.alloc(0)
  /** The other end has ended its half. */
  ended = false

  constructor(stream: Duplex) {
    this.#stream = stream
    stream.on('end', () => (this.ended = true))
    stream.on('error', () => undefined)
    this.listen()
  }

  readonly #keep = (chunk: Buffer): void => void (this.#received = Buffer.concat([this.#received, chunk]))

  listen(): void {
    this.#stream.on('data', this.#keep)
  }

  write(...parts: Uint8Array[]): void {
    for (const part of parts) this.#stream.write(part)
  }

  say(payload: Uint8Array): void {
    this.write(clientFrame({ payload }))
  }

  pause(): void {
    this.#stream.pause()
  }

  resume(): void {
    this.#stream.resume()
  }

  end(): void {
    this.#stream.end()
  }

  /** What it wrote that nobody has read. */
  get unread(): number {
    return this.#stream.writableLength
  }

  get frames(): ServerFrame[] {
    return serverFrames(this.#received)
  }

  get heard(): Buffer {
    return Buffer.concat(this.frames.filter(({ opcode }) => opcode === Opcode.binary).map(({ payload }) => payload))
  }

  get pongs(): string[] {
    return this.frames.filter(({ opcode }) => opcode === Opcode.pong).map(({ payload }) => payload.toString('latin1'))
  }

  get close(): { code: number; text: string } | undefined {
    const frame = this.frames.find(({ opcode }) => opcode === Opcode.close)
    if (!frame) return undefined
    const { payload } = frame
    return { code: payload.length < 2 ? 1005 : payload.readUInt16BE(0), text: payload.toString('utf8', 2) }
  }
}

interface World {
  readonly clock: ManualClock
  readonly one: Client
  readonly other: Client
  readonly splice: Splice
}

function world(options: { meter?: Meter; first?: Uint8Array; heads?: readonly [Uint8Array, Uint8Array] } = {}): World {
  const clock = createManualClock()
  const { heads = [new Uint8Array(0), new Uint8Array(0)], ...rest } = options
  const pairs = heads.map((head) => {
    const [client, server] = duplexPair()
    return { client: new Client(client), side: new WebSocketSide(server, head, { clock }) }
  })
  const [one, other] = pairs as [(typeof pairs)[0], (typeof pairs)[0]]
  const splice = new Splice(one.side, other.side, { clock, turns: new Turns(), idleMs: IDLE_MS, idle, ...rest })
  return { clock, one: one.client, other: other.client, splice }
}

/** Until all streams have handed on what they have. */
async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve))
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')
const bytes = (line: string): Uint8Array => Buffer.from(line, 'latin1')

describe('two WebSockets', () => {
  it('are one stream each way, whatever the messages, the fragments and the split', async () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 6_000 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(messages, messages, fc.integer({ min: 1, max: 5_000 }), async (up, down, step) => {
        const { one, other } = world()
        const wire = Buffer.concat(
          up.flatMap((payload, i) => [
            clientFrame({ payload: payload.subarray(0, i), final: false }),
            clientFrame({ opcode: Opcode.ping }),
            clientFrame({ opcode: Opcode.continuation, payload: payload.subarray(i) }),
          ]),
        )
        for (let at = 0; at < wire.length; at += step) one.write(wire.subarray(at, at + step))
        for (const payload of down) other.say(payload)
        await settle()
        expect(other.heard.equals(Buffer.concat(up))).toBe(true)
        expect(one.heard.equals(Buffer.concat(down))).toBe(true)
      }),
      { numRuns: 30 },
    )
  })

  it('begin with what came behind the requests', async () => {
    const heads = [
      clientFrame({ payload: bytes('auth') }),
      clientFrame({ payload: bytes('ack') }).subarray(0, 4),
    ] as const
    const { one, other } = world({ heads, first: bytes('first, ') })
    other.write(clientFrame({ payload: bytes('ack') }).subarray(4))
    await settle()
    expect(text(other.heard)).toBe('first, auth')
    expect(text(one.heard)).toBe('ack')
  })

  it('merge the small messages of one piece into one', async () => {
    const { one, other } = world()
    one.write(Buffer.concat(Array.from({ length: 9_000 }, () => clientFrame({ payload: Uint8Array.of(7) }))))
    await settle()
    expect(other.heard).toEqual(Buffer.alloc(9_000, 7))
    // In memory a piece is what was written; on a socket it is at most 64 KiB.
    expect(other.frames).toHaveLength(1)
  })

  it.for([125, 126, 4_096, 4_097, 65_535, 65_536, 200_000])('pass %i bytes in one frame', async (length) => {
    const { one, other } = world()
    one.say(new Uint8Array(length).fill(0x5a))
    await settle()
    expect(other.frames.map(({ payload }) => payload.length)).toEqual([length])
    expect(other.heard.every((byte) => byte === 0x5a)).toBe(true)
  })

  it('answer pings at once, each piece with one pong, and pass none on', async () => {
    const { one, other } = world()
    const ping = (payload: string): Buffer => clientFrame({ opcode: Opcode.ping, payload: bytes(payload) })
    one.write(ping('one'))
    await settle()
    one.write(Buffer.concat([ping('two'), clientFrame({ payload: bytes('data') }), ping('three')]), ping(''))
    one.write(clientFrame({ opcode: Opcode.pong, payload: bytes('unasked') }))
    await settle()
    expect(one.pongs).toEqual(['one', 'three', ''])
    expect(other.frames.map(({ payload }) => text(payload))).toEqual(['data'])
  })
})

describe('the end of a WebSocket', () => {
  it.for([
    ['without a code', clientFrame({ opcode: Opcode.close }), 1005, ''],
    ['with a code', clientClose(1000), 1000, ''],
    ['with a code and a reason', clientClose(4429, 'full; too many'), 4429, 'full; too many'],
  ] as const)('passes on a close %s, behind what came before it', async ([, frame, code, reason]) => {
    const { one, other, splice } = world()
    one.write(clientFrame({ payload: bytes('last words') }), frame)
    await settle()
    expect(text(other.heard)).toBe('last words')
    expect(other.close).toEqual({ code, text: reason })
    // Its own close is answered, without a reason.
    expect(one.close).toEqual({ code, text: '' })
    other.write(clientClose(1000))
    await settle()
    expect(one.ended && other.ended).toBe(true)
    for (const client of [one, other]) client.end()
    expect(await splice.ended).toEqual({ upBytes: 10, downBytes: 0, why: `the tab closed with ${code}` })
  })

  it('is waited for 2 s behind a close frame', async () => {
    const { clock, one, other, splice } = world()
    one.write(clientClose(1000))
    one.end()
    await settle()
    expect(other.ended).toBe(false)
    clock.advance(CLOSE_MS)
    expect(await splice.ended).toMatchObject({ why: 'the tab closed with 1000' })
  })

  it('cuts the other when it comes without a close frame', async () => {
    const { one, other, splice } = world()
    other.say(bytes('x'))
    await settle()
    one.end()
    expect(await splice.ended).toEqual({ upBytes: 0, downBytes: 1, why: 'the tab closed with 1006' })
    expect(other.close).toBeUndefined()
  })

  it('waits 2 s for a client that has ended its half and reads nothing', async () => {
    const { clock, one, other, splice } = world()
    one.pause()
    for (let i = 0; i < 20; i++) other.say(new Uint8Array(65_536))
    await settle()
    one.end()
    await settle()
    let over = false
    void splice.ended.then(() => (over = true))
    await settle()
    expect(over).toBe(false)
    clock.advance(CLOSE_MS)
    await splice.ended
  })

  it('is told to who broke the rules, and cuts the other', async () => {
    const { one, other, splice } = world()
    one.write(
      clientFrame({ payload: bytes('fine') }),
      clientFrame({ reserved: 4 }),
      clientFrame({ payload: bytes('not') }),
    )
    await settle()
    expect(one.close).toEqual({ code: 1002, text: 'a frame with reserved bits' })
    expect(text(other.heard)).toBe('fine')
    expect(other.close).toBeUndefined()
    one.end()
    const { why } = await splice.ended
    expect(why).toBe('the tab sent what is no WebSocket: a frame with reserved bits')
  })

  it('comes when nothing has moved for the idle time, pings or not', async () => {
    const { clock, one, other, splice } = world()
    clock.advance(IDLE_MS - 1_000)
    one.say(bytes('x'))
    await settle()
    clock.advance(IDLE_MS - 1_000)
    one.write(clientFrame({ opcode: Opcode.ping }))
    await settle()
    expect(one.close).toBeUndefined()
    clock.advance(1_001)
    await settle()
    for (const client of [one, other]) {
      expect(client.close).toEqual({ code: 4408, text: 'no byte for 120 s' })
      client.write(clientClose(4408))
      client.end()
    }
    expect(await splice.ended).toEqual({ upBytes: 1, downBytes: 0, why: 'no byte for 120 s' })
  })

  it('comes by decision of the splice, once', async () => {
    const { clock, one, other, splice } = world()
    splice.end({ code: 4503, text: 'draining' }, 'draining')
    splice.end({ code: 4408, text: 'idle' }, 'idle')
    one.say(bytes('too late'))
    await settle()
    expect(one.close).toEqual({ code: 4503, text: 'draining' })
    expect(other.close).toEqual({ code: 4503, text: 'draining' })
    expect(other.heard).toHaveLength(0)
    clock.advance(CLOSE_MS)
    expect((await splice.ended).why).toBe('draining')
  })
})

describe('a side that does not read', () => {
  const CHUNK = 65_536

  it('holds back the other, and loses nothing', async () => {
    const { one, other } = world()
    other.pause()
    await settle()
    const sent: Buffer[] = []
    for (let i = 0; i < 40; i++) {
      sent.push(Buffer.alloc(CHUNK, i))
      one.say(sent[i]!)
    }
    await settle()
    // What isn't held here or in the streams of this test still waits at the sender.
    expect(one.unread).toBeGreaterThan(30 * CHUNK)
    other.resume()
    await expect.poll(() => other.heard.length).toBe(40 * CHUNK)
    expect(other.heard.equals(Buffer.concat(sent))).toBe(true)
  })

  it('gets one pong for its pings once it reads, however many there were', async () => {
    const { one, other } = world()
    one.pause()
    await settle()
    for (let i = 0; i < 10; i++) other.say(Buffer.alloc(CHUNK, i))
    await settle()
    for (let i = 0; i < 1_000; i++) one.write(clientFrame({ opcode: Opcode.ping, payload: bytes(`${i}`) }))
    await settle()
    one.resume()
    await expect.poll(() => one.heard.length).toBe(10 * CHUNK)
    await settle()
    expect(one.pongs.at(-1)).toBe('999')
    expect(one.pongs.length).toBeLessThan(20)
  })
})

describe('a meter', () => {
  it('holds both ways back for as long as it says, and ends the link', async () => {
    const verdicts: (number | Goodbye)[] = [0, 500, 0, 0, { code: 4429, text: 'full; used up' }]
    const meter: Meter = { take: () => verdicts.shift() ?? 0 }
    const { clock, one, other, splice } = world({ meter })
    for (const line of ['a', 'b', 'c']) {
      one.say(bytes(line))
      await settle()
    }
    other.say(bytes('d'))
    await settle()
    expect(text(other.heard) + text(one.heard)).toBe('ab')
    clock.advance(500)
    await settle()
    expect([text(other.heard), text(one.heard)]).toEqual(['abc', 'd'])
    one.say(bytes('e'))
    await settle()
    expect(text(other.heard)).toBe('abc')
    expect(one.close).toEqual({ code: 4429, text: 'full; used up' })
    clock.advance(CLOSE_MS)
    const end: SpliceEnd = await splice.ended
    expect(end).toEqual({ upBytes: 3, downBytes: 1, why: 'full; used up' })
  })
})

describe('a turn', () => {
  it('has a share for each way, which is given anew in the next', async () => {
    const turns = new Turns()
    const log: string[] = []
    const taker = (name: string) => ({ turnBytes: 0, nextTurn: () => void log.push(name) })
    const [greedy, modest] = [taker('greedy'), taker('modest')]
    expect(turns.spend(greedy, 131_071)).toBe(true)
    expect(turns.spend(greedy, 1)).toBe(false)
    expect(turns.spend(modest, 131_071)).toBe(true)
    await new Promise((resolve) => setImmediate(resolve))
    expect(log).toEqual(['greedy'])
    expect(turns.spend(greedy, 131_071)).toBe(true)
    expect(turns.spend(modest, 1)).toBe(false)
  })
})
