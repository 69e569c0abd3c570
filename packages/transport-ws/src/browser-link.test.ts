import { PeerError } from '@peerwire/core'
import { createManualClock, drainMicrotasks } from '@peerwire/core/testing'
import { describe, expect, it } from 'vitest'
import { BrowserWebSocketLink } from './browser-link.ts'

/** As much of a browser's WebSocket as a link touches; the test is the network. */
class FakeSocket {
  readonly OPEN = 1
  readyState = 1
  bufferedAmount = 0
  onmessage: ((event: { readonly data: unknown }) => void) | null = null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null = null
  onerror: unknown = null
  readonly closes: (number | undefined)[] = []

  send(bytes: Uint8Array): void {
    this.bufferedAmount += bytes.length
  }

  close(code?: number): void {
    this.closes.push(code)
    this.readyState = 2
  }
}

function openLink(maxUnreadBytes = 10_000) {
  const clock = createManualClock()
  const socket = new FakeSocket()
  const link = new BrowserWebSocketLink(socket as unknown as WebSocket, 'ws://x:1/', { clock, maxUnreadBytes })
  const told: unknown[] = []
  link.open({
    bytes: (chunk) => told.push(chunk.length),
    drain: () => told.push('drain'),
    end: (error) => told.push(error?.code ?? 'end'),
  })
  const receive = (data: unknown): void => socket.onmessage?.({ data })
  return { clock, socket, link, told, receive }
}

describe('a link over a browser’s WebSocket', () => {
  it('sets no timer while what is written is sent', () => {
    const { clock, link } = openLink()
    expect(link.write(new Uint8Array(500_000))).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  it('looks at bufferedAmount only while above the mark, and says drain once below it', () => {
    const { clock, socket, link, told } = openLink()
    expect(link.write(new Uint8Array(600_000))).toBe(false)
    expect(link.write(new Uint8Array(1))).toBe(false)
    expect(clock.pendingTimers).toBe(1)
    clock.advance(1_000)
    expect(told).toEqual([])
    socket.bufferedAmount = 131_072
    clock.advance(5)
    expect(told).toEqual(['drain'])
    expect(clock.pendingTimers).toBe(0)
  })

  it('lets more wait where all was sent between two looks, and less again where it was not', () => {
    const { clock, socket, link } = openLink()
    const lookAt = (left: number): void => {
      socket.bufferedAmount = left
      clock.advance(5)
    }
    expect(link.write(new Uint8Array(600_000))).toBe(false)
    lookAt(0)
    expect(link.write(new Uint8Array(1_048_576))).toBe(true)
    expect(link.write(new Uint8Array(1))).toBe(false)
    for (let i = 0; i < 9; i++) {
      lookAt(0)
      link.write(new Uint8Array(1_048_577))
    }
    lookAt(0)
    expect(link.write(new Uint8Array(1_048_576))).toBe(true)
    expect(link.write(new Uint8Array(1))).toBe(false)
    lookAt(1)
    expect(link.write(new Uint8Array(600_000))).toBe(false)
  })

  it('looks again when a message comes, as the timers of a hidden tab are slow', () => {
    const { clock, socket, link, told, receive } = openLink()
    link.write(new Uint8Array(600_000))
    socket.bufferedAmount = 0
    receive(new ArrayBuffer(3))
    expect(told).toEqual([3, 'drain'])
    expect(clock.pendingTimers).toBe(0)
  })

  it('keeps unread bytes up to the bound, and ends one past it', async () => {
    const bound = openLink(1_192)
    bound.link.pause()
    bound.receive(new ArrayBuffer(1_000))
    await drainMicrotasks()
    expect(bound.told).toEqual([])
    bound.link.resume()
    await drainMicrotasks()
    expect(bound.told).toEqual([1_000])
    bound.link.pause()
    bound.receive(new ArrayBuffer(1_001))
    await drainMicrotasks()
    expect(bound.told).toEqual([1_000, 'receive queue full'])
  })

  it('counts what each small message costs beside its bytes', async () => {
    const { link, receive, told } = openLink(100_000)
    link.pause()
    for (let i = 0; i < 600; i++) receive(new ArrayBuffer(1))
    await drainMicrotasks()
    expect(told).toEqual(['receive queue full'])
  })

  it('ends at a text message', async () => {
    const { receive, told, socket } = openLink()
    receive('hello')
    await drainMicrotasks()
    expect(told).toEqual(['bad frame'])
    expect(socket.closes).toHaveLength(1)
  })

  it('close gives up on a remote that does not answer after 5 s', async () => {
    const { clock, link, told, receive, socket } = openLink()
    link.write(new Uint8Array(600_000))
    link.close()
    receive(new ArrayBuffer(3))
    await clock.advanceAsync(4_999)
    expect(told).toEqual([])
    await clock.advanceAsync(1)
    expect(told).toEqual(['end'])
    expect(socket.closes[0]).toBe(1000)
    expect(clock.pendingTimers).toBe(0)
  })

  it.each([
    [1000, 'end'],
    [1001, 'end'],
    [1005, 'end'],
    [1006, 'link lost'],
    [1009, 'link lost'],
    [4000, 'link lost'],
  ])('close code %d of the remote is %s', async (code, wanted) => {
    const { socket, told } = openLink()
    socket.onclose?.({ code, reason: 'why' })
    await drainMicrotasks()
    expect(told).toEqual([wanted])
  })

  it('says the code and the reason that the remote gave', async () => {
    const { socket, link } = openLink()
    let said: PeerError | undefined
    const other = new BrowserWebSocketLink(socket as unknown as WebSocket, 'ws://x:1/', {
      clock: createManualClock(),
      maxUnreadBytes: 1,
    })
    other.open({ bytes: () => undefined, drain: () => undefined, end: (error) => (said = error) })
    socket.onclose?.({ code: 1008, reason: 'target refused' })
    await drainMicrotasks()
    expect(said?.message).toBe('the WebSocket ended with close code 1008 (target refused)')
    expect(link.bufferedBytes).toBe(0)
  })
})
