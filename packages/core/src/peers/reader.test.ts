import { expect, it } from 'vitest'
import type { FrameCodec } from '../wire/frame-codec.ts'
import { LinkInbox } from '../wire/inbox.ts'
import type { Link } from '../wire/link.ts'
import { drainMicrotasks } from '../testing/manual-clock.ts'
import { DEFAULT_PEER_LIMITS } from './limits.ts'
import { Reader, type ReaderHost } from './reader.ts'

const KIB = 1024

/** A reader at a link that keeps what comes while it is paused, as a browser's does; frames never end. */
function openReader() {
  const inbox = new LinkInbox()
  const turns: (() => void)[] = []
  let read = 0
  const host = { received: () => undefined, yieldTurn: (run: () => void) => turns.push(run) }
  const codec = {
    setLimit: () => undefined,
    rest: () => undefined,
    read: (chunk: Uint8Array) => (read += chunk.length),
  }
  const link = { pause: () => inbox.pause(), resume: () => inbox.resume() }
  const reader = new Reader(
    host as unknown as ReaderHost,
    link as unknown as Link,
    codec as unknown as FrameCodec,
    [],
    DEFAULT_PEER_LIMITS,
  )
  inbox.open({ bytes: (chunk) => reader.read(chunk), drain: () => undefined, end: () => undefined })
  return { inbox, turns, readSoFar: () => read }
}

it('what a paused link kept is read in pieces, between which others have their turn', async () => {
  const { inbox, turns, readSoFar } = openReader()
  inbox.pause()
  for (let i = 0; i < 32; i++) inbox.push(new Uint8Array(64 * KIB))
  inbox.resume()
  for (const expected of [512, 1024, 1536, 2048]) {
    // oxlint-disable-next-line no-await-in-loop
    await drainMicrotasks()
    expect(readSoFar()).toBe(expected * KIB)
    turns.shift()?.()
  }
  expect(turns).toEqual([])
})

it('what comes by and by is read as it comes', async () => {
  const { inbox, turns, readSoFar } = openReader()
  for (let i = 0; i < 32; i++) {
    inbox.push(new Uint8Array(64 * KIB))
    // oxlint-disable-next-line no-await-in-loop
    await drainMicrotasks()
  }
  expect(readSoFar()).toBe(2048 * KIB)
  expect(turns).toEqual([])
})
