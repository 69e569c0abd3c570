import { describe, expect, it } from 'vitest'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { drainMicrotasks } from '../testing/manual-clock.ts'
import { LinkInbox } from './inbox.ts'

const error = new PeerError('link lost', DiscReason.networkError, 'gone')

function openInbox(onBytes?: (inbox: LinkInbox, length: number) => void) {
  const inbox = new LinkInbox()
  const told: unknown[] = []
  const open = (): void =>
    inbox.open({
      bytes: (chunk) => {
        told.push(chunk.length)
        onBytes?.(inbox, chunk.length)
      },
      drain: () => told.push('drain'),
      end: (why) => told.push(why ?? 'end'),
    })
  const push = (...lengths: number[]): void => {
    for (const length of lengths) inbox.push(new Uint8Array(length))
  }
  return { inbox, told, open, push }
}

describe('the inbox of a link', () => {
  it('keeps what comes before open, and tells nothing from inside it', async () => {
    const { inbox, told, open, push } = openInbox()
    push(1, 2, 0, 3)
    inbox.end()
    open()
    expect(told).toEqual([])
    await drainMicrotasks()
    expect(told).toEqual([1, 2, 3, 'end'])
    expect(inbox.heldBytes).toBe(0)
  })

  it('keeps what comes while paused, in order with what comes after', async () => {
    const { inbox, told, open, push } = openInbox()
    open()
    push(1)
    inbox.pause()
    push(2)
    inbox.resume()
    push(3)
    expect(told).toEqual([1])
    await drainMicrotasks()
    push(4)
    expect(told).toEqual([1, 2, 3, 4])
  })

  it('stops in the middle of what was kept when paused from inside bytes', async () => {
    const { inbox, told, open, push } = openInbox((box, length) => length === 2 && box.pause())
    push(1, 2, 3, 4)
    open()
    await drainMicrotasks()
    expect(told).toEqual([1, 2])
    expect(inbox.heldBytes).toBeGreaterThan(7)
    inbox.resume()
    await drainMicrotasks()
    expect(told).toEqual([1, 2, 3, 4])
    expect(inbox.heldBytes).toBe(0)
  })

  it('gives the bytes before the end that came after them, also when paused meanwhile', async () => {
    const { inbox, told, open, push } = openInbox()
    open()
    inbox.pause()
    push(1)
    inbox.end(error)
    await drainMicrotasks()
    expect(told).toEqual([])
    inbox.resume()
    await drainMicrotasks()
    expect(told).toEqual([1, error])
  })

  it('tells an end while paused when nothing is kept', async () => {
    const { inbox, told, open } = openInbox()
    open()
    inbox.pause()
    inbox.end(error)
    await drainMicrotasks()
    expect(told).toEqual([error])
  })

  it('drops what is kept at an abort, also from inside bytes and after an end that waits', async () => {
    const inside = openInbox((box, length) => length === 2 && box.abort(error))
    inside.push(1, 2, 3)
    inside.open()
    await drainMicrotasks()
    expect(inside.told).toEqual([1, 2, error])

    const waiting = openInbox()
    waiting.open()
    waiting.inbox.pause()
    waiting.push(1)
    waiting.inbox.end()
    waiting.inbox.abort(error)
    await drainMicrotasks()
    expect(waiting.told).toEqual([error])
  })

  it('tells one end, the first, and nothing after it', async () => {
    const { inbox, told, open, push } = openInbox()
    open()
    inbox.end(error)
    inbox.end()
    inbox.abort()
    push(1)
    inbox.drain()
    await drainMicrotasks()
    inbox.abort()
    inbox.resume()
    await drainMicrotasks()
    expect(told).toEqual([error])
  })

  it('discards what is kept and what comes, but waits for the end', async () => {
    const { inbox, told, open, push } = openInbox()
    push(1)
    inbox.discard()
    push(2)
    inbox.drain()
    open()
    await drainMicrotasks()
    expect(told).toEqual([])
    inbox.end()
    await drainMicrotasks()
    expect(told).toEqual(['end'])
  })

  it('counts a kept chunk with what keeping it costs', () => {
    const { inbox, push } = openInbox()
    push(...Array.from({ length: 1_000 }, () => 1))
    expect(inbox.heldBytes).toBeGreaterThan(100_000)
  })

  it('is opened once', () => {
    const { open } = openInbox()
    open()
    expect(open).toThrow(TypeError)
  })
})
