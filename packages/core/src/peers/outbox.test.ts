// Gathering, backpressure and the bound of what one peer may be sent.
import { describe, expect, it } from 'vitest'
import type { PeerError } from '../errors/peer-error.ts'
import { PeerError as Failure } from '../errors/peer-error.ts'
import type { FrameCodec } from '../wire/frame-codec.ts'
import type { Link } from '../wire/link.ts'
import { Outbox } from './outbox.ts'

function createFixture(maxBytes = 1_000_000) {
  const writes: number[] = []
  const state = { free: true, bufferedBytes: 0 }
  const link = {
    write: (chunk: Uint8Array) => {
      writes.push(chunk.length)
      if (!state.free) state.bufferedBytes += chunk.length
      return state.free
    },
    get bufferedBytes() {
      return state.bufferedBytes
    },
  } as unknown as Link
  const codec = { seal: (_: number, payload: Uint8Array) => payload } as unknown as FrameCodec
  const errors: PeerError[] = []
  const outbox: Outbox = new Outbox(link, codec, maxBytes, {
    fail: (error) => {
      errors.push(error)
      outbox.refuse(error)
    },
  })
  return { outbox, writes, state, errors }
}

describe('the outbox', () => {
  it('gathers the small frames of a turn into one write', async () => {
    const { outbox, writes } = createFixture()
    for (let i = 0; i < 10; i++) void outbox.send(0, new Uint8Array(100))
    await Promise.resolve()
    expect(writes).toEqual([1000])
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
