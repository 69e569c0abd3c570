// Gathering, backpressure and the bound of what one peer may be sent.
import { describe, expect, it } from 'vitest'
import type { PeerError } from '../errors/peer-error.ts'
import { PeerError as Failure } from '../errors/peer-error.ts'
import type { FrameCodec } from '../wire/frame-codec.ts'
import type { Link } from '../wire/link.ts'
import { Outbox } from './outbox.ts'

function createFixture(maxBytes = 1_000_000, atTurnEnd?: (run: () => void) => void) {
  const writes: number[] = []
  const chunks: Uint8Array[] = []
  const state = { free: true, bufferedBytes: 0 }
  const link = {
    write: (chunk: Uint8Array) => {
      writes.push(chunk.length)
      chunks.push(chunk)
      if (!state.free) state.bufferedBytes += chunk.length
      return state.free
    },
    get bufferedBytes() {
      return state.bufferedBytes
    },
    atTurnEnd,
  } as unknown as Link
  const codec = {
    seal: (_: number, payload: Uint8Array) => payload,
    sealingOf: () => {
      throw new RangeError('a frame past its limit')
    },
  } as unknown as FrameCodec
  const errors: PeerError[] = []
  const turns: (() => void)[] = []
  const outbox: Outbox = new Outbox(link, codec, maxBytes, {
    fail: (error) => {
      errors.push(error)
      outbox.refuse(error)
    },
    error: undefined,
    wrote: () => undefined,
    outboxFree: () => undefined,
    yieldTurn: (run) => void turns.push(run),
  })
  return { outbox, writes, chunks, state, errors }
}

describe('the outbox', () => {
  it('gathers the small frames of a turn into one write', async () => {
    const { outbox, writes } = createFixture()
    for (let i = 0; i < 10; i++) void outbox.send(0, new Uint8Array(100))
    await Promise.resolve()
    expect(writes).toEqual([1000])
  })

  it('waits for the end of the turn where the link can tell it', async () => {
    const turns: (() => void)[] = []
    const { outbox, writes } = createFixture(1_000_000, (run) => void turns.push(run))
    void outbox.send(0, new Uint8Array(100))
    await Promise.resolve()
    void outbox.send(0, new Uint8Array(100))
    expect(writes).toEqual([])
    expect(turns).toHaveLength(1)
    turns[0]!()
    expect(writes).toEqual([200])
  })

  it('lets 32 KiB leave before the end of the turn', () => {
    const { outbox, writes } = createFixture(1_000_000, () => undefined)
    for (let i = 0; i < 40; i++) void outbox.send(0, new Uint8Array(1024))
    expect(writes.length).toBeGreaterThan(0)
    expect(outbox.queuedBytes).toBeLessThan(32_768)
  })

  it('writes what lies together in memory without a copy, and copies what has to wait', async () => {
    const { outbox, chunks, state } = createFixture()
    const memory = new Uint8Array(300)
    for (let at = 0; at < 300; at += 100) void outbox.send(0, memory.subarray(at, at + 100))
    await Promise.resolve()
    expect(chunks[0]!.buffer).toBe(memory.buffer)
    state.bufferedBytes = 1
    void outbox.send(0, memory.subarray(100, 200))
    await Promise.resolve()
    expect(chunks[1]).toHaveLength(100)
    expect(chunks[1]!.buffer).not.toBe(memory.buffer)
  })

  it('keeps the order of frames, wherever they lie', async () => {
    const { outbox, chunks } = createFixture()
    const memory = Uint8Array.of(1, 2, 3, 4, 5, 6)
    const order = [
      memory.subarray(0, 2),
      memory.subarray(2, 3),
      Uint8Array.of(9),
      memory.subarray(4),
      memory.subarray(0, 1),
    ]
    for (const frame of order) void outbox.send(0, frame)
    await Promise.resolve()
    expect(chunks.flatMap((chunk) => [...chunk])).toEqual([1, 2, 3, 9, 5, 6, 1])
  })

  it('writes a large frame by itself, after the small ones before it', async () => {
    const { outbox, writes } = createFixture()
    void outbox.send(0, new Uint8Array(100))
    void outbox.send(0, new Uint8Array(50_000))
    void outbox.send(0, new Uint8Array(200))
    await Promise.resolve()
    expect(writes).toEqual([100, 50_000, 200])
  })

  it('gives one shared promise while the link is full, and resolves it on drain', async () => {
    const { outbox, state } = createFixture()
    state.free = false
    await outbox.send(0, new Uint8Array(10))
    const [first, second] = [outbox.send(0, new Uint8Array(10)), outbox.send(0, new Uint8Array(10))]
    expect(first).toBe(second)
    state.free = true
    outbox.drain()
    await first
    expect(outbox.full).toBe(false)
  })

  it('ends the peer with one byte past its bound, by name', () => {
    const { outbox, state, errors } = createFixture(1000)
    state.free = false
    void outbox.send(0, new Uint8Array(1000))
    expect(errors).toEqual([])
    void outbox.send(0, new Uint8Array(1))
    expect(errors).toMatchObject([{ code: 'send queue full' }])
  })

  it('ends the peer when a message can not be sealed, with what sealing threw as the cause', async () => {
    const { outbox, errors } = createFixture(100_000_000)
    const sent = outbox.send(0, new Uint8Array(2_000_000))
    await expect(sent).rejects.toMatchObject({ code: 'failed to send a message' })
    expect(errors).toHaveLength(1)
    expect(errors[0]!.cause).toBeInstanceOf(RangeError)
    expect(errors[0]!.message).toBe('a frame past its limit')
  })

  it('rejects what is waited for when the peer has ended', async () => {
    const { outbox, state } = createFixture()
    state.free = false
    await outbox.send(0, new Uint8Array(10))
    const waiting = outbox.send(0, new Uint8Array(10))
    const error = new Failure('link lost', 1, 'gone')
    outbox.refuse(error)
    await expect(waiting).rejects.toBe(error)
    await expect(outbox.send(0, new Uint8Array(1))).rejects.toBe(error)
  })
})
