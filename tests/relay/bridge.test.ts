// The bridge over real sockets: what is refused and how that is told, bounds, backpressure, ends.
import { createHash, randomFillSync } from 'node:crypto'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { type Clock, type PrefixPolicy, silentLogger, systemClock } from '@peerwire/core'
import { readTrustProxy, webSocket, WEBSOCKET_PROTOCOL } from '@peerwire/transport-ws'
import { type Bridge, type BridgeLimits, createBridge, parseBridgeTarget } from 'peerwire'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'

/** What the kernel may hold on two loopback connections with their buffers at full size; and what the bridge may. */
const KERNEL_BYTES = 40 * 1024 * 1024
const OFFERED_BYTES = 128 * 1024 * 1024
const CHUNK_BYTES = 65_536

interface Closed {
  readonly code: number
  readonly reason: string
}

interface Target {
  readonly port: number
  readonly sockets: readonly Socket[]
  /** The socket of the next connection. */
  next(): Promise<Socket>
}

interface World {
  readonly bridge: Bridge
  /** An open WebSocket to `path`. */
  open(path?: string, headers?: Record<string, string>): Promise<WebSocket>
  /** How an upgrade ends that is refused after it: the code and the reason; `dropped`: it never opened. */
  refusal(path: string, protocols?: string, headers?: Record<string, string>): Promise<Closed | 'dropped'>
}

interface Fixtures {
  readonly cleanUp: (step: () => unknown) => void
  readonly target: Target
  readonly world: (limits?: Partial<BridgeLimits>, prefixes?: PrefixPolicy, clock?: Clock) => Promise<World>
}

const it = test.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern
  cleanUp: async ({}, use) => {
    const steps: (() => unknown)[] = []
    await use((step) => steps.push(step))
    for (const step of steps.toReversed()) await step()
  },
  target: async ({ cleanUp }, use) => {
    const sockets: Socket[] = []
    let wake: ((socket: Socket) => void) | undefined
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      sockets.push(socket.on('error', () => undefined))
      wake?.(socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    cleanUp(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    const next = (): Promise<Socket> => new Promise((resolve) => (wake = resolve))
    await use({ port: (server.address() as AddressInfo).port, sockets, next })
  },
  world: async ({ cleanUp, target }, use) => {
    await use(async (limits, prefixes, clock = systemClock) => {
      const texts = [`x=127.0.0.1:${target.port}`, 'gone=127.0.0.1:1']
      const bridge = createBridge({
        targets: texts.map(parseBridgeTarget),
        clock,
        logger: silentLogger,
        origins: undefined,
        remoteOf: readTrustProxy(true).remoteOf,
        limits,
        prefixes,
      })
      const transport = webSocket({ listen: 'ws://127.0.0.1:0/', upgrade: bridge.upgrade.bind(bridge) })
      const [listener] = await transport.listen!({ link: (link) => link.abort() })
      cleanUp(() => listener!.close())
      cleanUp(() => bridge.close())
      const base = `ws://127.0.0.1:${listener!.endpoint.port}`
      const dial = (path: string, protocols: string | undefined, headers: Record<string, string>): WebSocket => {
        const ws = new WebSocket(`${base}${path}`, protocols, { headers, perMessageDeflate: false })
        cleanUp(() => ws.terminate())
        return ws
      }
      return {
        bridge,
        open: (path = '/bridge/x', headers = {}) =>
          new Promise((resolve, reject) => {
            const ws = dial(path, WEBSOCKET_PROTOCOL, headers)
            ws.once('open', () => resolve(ws)).on('error', reject)
          }),
        refusal: (path, protocols, headers = {}) =>
          new Promise((resolve) => {
            const ws = dial(path, protocols, headers)
            ws.on('error', () => resolve('dropped'))
            ws.once('open', () => void closed(ws).then(resolve))
          }),
      }
    })
  },
})

function closed(ws: WebSocket): Promise<Closed> {
  return new Promise((resolve) => ws.once('close', (code, reason) => resolve({ code, reason: reason.toString() })))
}

/** Every address is a network of its own, so that X-Forwarded-For makes strangers. */
const BY_ADDRESS: PrefixPolicy = { prefixOf: (address) => address.replace(/:\d+$/, '') }
const from = (address: string): Record<string, string> => ({ 'x-forwarded-for': address })

describe('the bridge', () => {
  it('carries bytes of any split both ways, whatever was sent before the target answered', async ({
    world,
    target,
  }) => {
    const { open, bridge } = await world()
    const connected = target.next()
    const ws = await open()
    const sent = randomFillSync(Buffer.alloc(200_001))
    ws.send(sent.subarray(0, 1))
    ws.send(sent.subarray(1, 70_000))
    ws.send(Buffer.alloc(0))
    ws.send(sent.subarray(70_000))
    const socket = await connected
    const back: Buffer[] = []
    ws.on('message', (data: Buffer) => back.push(data))
    socket.on('data', (chunk: Buffer) => socket.write(chunk)).resume()
    await expect.poll(() => Buffer.concat(back).length).toBe(sent.length)
    expect(Buffer.concat(back).equals(sent)).toBe(true)
    expect(bridge.links).toBe(1)
    const over = closed(ws)
    socket.end()
    expect(await over).toEqual({ code: 1000, reason: 'the target closed' })
    await expect.poll(() => bridge.links).toBe(0)
  })

  it('passes on the end of the tab after all that it sent', async ({ world, target }) => {
    const { open } = await world()
    const connected = target.next()
    const ws = await open()
    ws.send(Buffer.alloc(100_000))
    ws.close(1000)
    const socket = await connected
    let received = 0
    socket.on('data', (chunk: Buffer) => (received += chunk.length)).resume()
    await new Promise((resolve) => socket.once('end', resolve))
    expect(received).toBe(100_000)
  })

  it('cuts the target when the tab is gone', async ({ world, target }) => {
    const { open, bridge } = await world()
    const connected = target.next()
    const ws = await open()
    const socket = await connected
    socket.resume()
    ws.terminate()
    await new Promise((resolve) => socket.once('close', resolve))
    await expect.poll(() => bridge.links).toBe(0)
  })

  it.for([
    ['an alias nobody listed', '/bridge/other', 4404, 'absent; retry=300; this relay has no such target'],
    ['no alias', '/bridge/', 4404, 'absent; retry=300; this relay has no such target'],
    ['an address for an alias', '/bridge/127.0.0.1:22', 4404, 'absent; retry=300; this relay has no such target'],
    ['no target', '/bridge/gone', 4502, 'target; the target refused the connection: nobody listens there'],
  ] as const)('closes with a code and a reason for %s', async ([, path, code, reason], { world, target }) => {
    const { open } = await world()
    expect(await closed(await open(path))).toEqual({ code, reason })
    expect(target.sockets).toHaveLength(0)
  })

  it('tells foreign pages and clients without the subprotocol why, after the upgrade', async ({ world, target }) => {
    const { refusal } = await world()
    const foreign = { code: 4403, reason: 'origin; retry=300; pages of this origin may not connect' }
    const other = { code: 4400, reason: 'bad request; retry=300; the subprotocol peerwire.1 must be offered' }
    expect(await refusal('/bridge/x', WEBSOCKET_PROTOCOL, { origin: 'https://foreign.example' })).toEqual(foreign)
    expect(await refusal('/bridge/x')).toEqual(other)
    expect(await refusal('/bridge/x', 'other.1')).toEqual(other)
    expect(await refusal('/bridgex', WEBSOCKET_PROTOCOL)).toMatchObject({ code: 4404 })
    expect(target.sockets).toHaveLength(0)
  })

  it('hints at the throttle when the target closes before it answers', async ({ world, target }) => {
    const { open } = await world()
    const connected = target.next()
    const ws = await open()
    ws.send(Buffer.alloc(300))
    const socket = await connected
    socket.once('data', () => socket.destroy()).resume()
    const { code, reason } = await closed(ws)
    expect(code).toBe(4502)
    expect(reason).toMatch(/^target; the target closed before it answered: wrong key, or throttled/)
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123)
  })

  it('takes no text', async ({ world, target }) => {
    const { open } = await world()
    const connected = target.next()
    const ws = await open()
    ws.send('text')
    const socket = await connected
    const ended = new Promise((resolve) => socket.resume().once('close', resolve))
    expect((await closed(ws)).code).toBe(1003)
    await ended
    expect(socket.bytesRead).toBe(0)
  })

  it('takes no message past its limit', async ({ world }) => {
    const { open } = await world()
    const ws = await open()
    ws.on('error', () => undefined)
    ws.send(Buffer.alloc(262_145))
    expect((await closed(ws)).code).toBe(1009)
  })

  it('ends a link on which nothing moves, and no other', async ({ world, target }) => {
    const { open } = await world({ idleMs: 150 })
    const connected = target.next()
    const busy = await open()
    const socket = await connected
    socket.on('data', (chunk: Buffer) => socket.write(chunk)).resume()
    const timer = setInterval(() => busy.send(Buffer.alloc(1)), 30)
    const idle = await open()
    expect(await closed(idle)).toMatchObject({ code: 4408 })
    expect(busy.readyState).toBe(busy.OPEN)
    clearInterval(timer)
    expect(await closed(busy)).toMatchObject({ code: 4408 })
  })

  it('gives up on a target that does not answer', async ({ world }) => {
    // Its time is over before the kernel has connected.
    const impatient: Clock = {
      ...systemClock,
      setTimer: (ms, fn) => {
        if (ms !== 4321) return systemClock.setTimer(ms, fn)
        queueMicrotask(fn)
        return { cancel: () => undefined }
      },
    }
    const { open } = await world({ dialMs: 4321 }, undefined, impatient)
    expect(await closed(await open())).toEqual({
      code: 4502,
      reason: 'target; the target did not answer within 4321 ms',
    })
  })

  it('bounds links per network, per target and in all, and frees places again', async ({ world, target }) => {
    const { open } = await world({ linksPerPrefix: 1, linksPerTarget: 2, links: 2 }, BY_ADDRESS)
    const first = await open('/bridge/x', from('203.0.113.1'))
    expect(await closed(await open('/bridge/x', from('203.0.113.1')))).toMatchObject({ code: 4429 })
    await open('/bridge/x', from('203.0.113.2'))
    const third = await closed(await open('/bridge/x', from('203.0.113.3')))
    expect(third).toEqual({ code: 4429, reason: 'full; the bridge carries 2 links already' })
    for (const socket of target.sockets) socket.resume()
    first.close()
    await closed(first)
    const through = target.next().then(() => 'at the target')
    const again = async (): Promise<unknown> =>
      await Promise.race([open('/bridge/x', from('203.0.113.3')).then(closed), through])
    await expect.poll(again).toBe('at the target')
  })

  it('slows down a network that opens too fast', async ({ world }) => {
    const { refusal } = await world({ openBurst: 3, openIntervalMs: 60_000 }, BY_ADDRESS)
    const ask = (address: string) => refusal('/bridge/none', WEBSOCKET_PROTOCOL, from(address))
    for (let i = 0; i < 3; i++) expect(await ask('203.0.113.1')).toMatchObject({ code: 4404 })
    const reason = 'throttled; retry=60; your network opens too many links'
    for (let i = 0; i < 3; i++) expect(await ask('203.0.113.1')).toEqual({ code: 4429, reason })
    expect(await ask('203.0.113.1')).toBe('dropped')
    expect(await ask('203.0.113.2')).toMatchObject({ code: 4404 })
  })

  it('ends its links when it closes, and takes no more', async ({ world, target }) => {
    const { open, bridge, refusal } = await world()
    const connected = target.next()
    const ws = await open()
    const socket = await connected
    socket.resume()
    const over = closed(ws)
    const targetOver = new Promise((resolve) => socket.once('close', resolve))
    await bridge.close()
    expect(await over).toEqual({ code: 4503, reason: 'draining; retry=5; the relay is closing' })
    await targetOver
    expect(bridge.links).toBe(0)
    expect(await refusal('/bridge/x', WEBSOCKET_PROTOCOL)).toBe('dropped')
  })

  it('leaves no socket behind after many links', async ({ world, target }) => {
    const { open, bridge } = await world()
    for (let i = 0; i < 100; i++) {
      const connected = target.next()
      const ws = await open()
      const socket = await connected
      socket.resume()
      if (i % 2 === 0) ws.close()
      else socket.destroy()
      await closed(ws)
    }
    await expect.poll(() => bridge.links).toBe(0)
    await expect.poll(() => target.sockets.filter(({ destroyed }) => !destroyed).length).toBe(0)
  })
})

describe('backpressure through the bridge', () => {
  it('holds back a tab whose target does not read, and loses nothing', async ({ world, target }) => {
    const { open } = await world()
    const connected = target.next()
    const ws = await open()
    const sent = createHash('sha256')
    for (let offered = 0; offered < OFFERED_BYTES; offered += CHUNK_BYTES) {
      const chunk = chunkAt(offered)
      sent.update(chunk)
      ws.send(chunk)
    }
    await settled(() => ws.bufferedAmount)
    expect(OFFERED_BYTES - ws.bufferedAmount).toBeLessThan(KERNEL_BYTES)
    const received = createHash('sha256')
    let bytes = 0
    const socket = await connected
    socket.on('data', (chunk: Buffer) => {
      received.update(chunk)
      bytes += chunk.length
    })
    socket.resume()
    await expect.poll(() => bytes, { timeout: 30_000 }).toBe(OFFERED_BYTES)
    expect(received.digest('hex')).toBe(sent.digest('hex'))
  })

  it('holds back a target whose tab does not read, and loses nothing', async ({ world, target }) => {
    const { open } = await world()
    const connected = target.next()
    const ws = await open()
    ws.pause()
    const socket = await connected
    const sent = createHash('sha256')
    for (let offered = 0; offered < OFFERED_BYTES; offered += CHUNK_BYTES) {
      const chunk = chunkAt(offered)
      sent.update(chunk)
      socket.write(chunk)
    }
    await settled(() => socket.writableLength)
    expect(OFFERED_BYTES - socket.writableLength).toBeLessThan(KERNEL_BYTES)
    const received = createHash('sha256')
    let bytes = 0
    ws.on('message', (data: Buffer) => {
      received.update(data)
      bytes += data.length
    })
    ws.resume()
    await expect.poll(() => bytes, { timeout: 30_000 }).toBe(OFFERED_BYTES)
    expect(received.digest('hex')).toBe(sent.digest('hex'))
  })
})

/** Bytes that tell where they belong. */
function chunkAt(offset: number): Buffer {
  const chunk = Buffer.alloc(CHUNK_BYTES, offset / CHUNK_BYTES)
  chunk.writeUInt32BE(offset)
  return chunk
}

/** Resolves when a figure hasn't changed for a while. */
async function settled(read: () => number): Promise<void> {
  let before = -1
  await expect
    .poll(
      () => {
        const same = read() === before
        before = read()
        return same
      },
      { interval: 300, timeout: 20_000 },
    )
    .toBe(true)
}
