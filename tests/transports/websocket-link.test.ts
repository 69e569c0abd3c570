// What a WebSocket link takes from a remote, where it says it is, and what is said of a dial that fails.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Endpoint, isMisdeed } from '@peerwire/core'
import { webSocket, WEBSOCKET_PROTOCOL } from '@peerwire/transport-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'
import { claimPort } from '../support/ports.ts'
import { failureOf, openRaw, record } from './support.ts'
import { outcomeOf, rawClient, serve, tls } from './websocket-support.ts'

describe('what is taken from a remote', () => {
  it('a text message ends the link as a bad frame, and the remote is told', async () => {
    const { endpoint, next } = await serve()
    const accepted = next()
    const client = rawClient(endpoint, [WEBSOCKET_PROTOCOL])
    expect(await outcomeOf(client)).toBe('open')
    const { ended, chunks } = record(await accepted)
    const closed = new Promise<number>((resolve) => client.once('close', resolve))
    client.send('hello')
    expect(await ended).toMatchObject({ code: 'bad frame', message: 'a text message where only binary ones belong' })
    expect(await closed).toBe(1003)
    expect(chunks).toEqual([])
  })

  it('a message of the largest size is taken, and one byte more ends the link', async () => {
    const { endpoint, next } = await serve({ maxPayloadBytes: 100_000 })
    const accepted = next()
    const client = rawClient(endpoint, [WEBSOCKET_PROTOCOL])
    expect(await outcomeOf(client)).toBe('open')
    const { ended, received } = record(await accepted)
    client.send(new Uint8Array(100_000))
    expect(await received(100_000)).toHaveLength(100_000)
    client.send(new Uint8Array(100_001))
    const error = await ended
    expect(error).toMatchObject({ code: 'bad frame', origin: 'link' })
    expect(isMisdeed(error)).toBe(false)
  })

  it('a frame that is none ends the link as a bad frame', async () => {
    const { endpoint, next } = await serve()
    const accepted = next()
    const key =
      'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n'
    const { socket } = await openRaw(
      endpoint,
      `${key}Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: ${WEBSOCKET_PROTOCOL}\r\n\r\n`,
    )
    const { ended } = record(await accepted)
    // Not masked, as a client's frame must be.
    socket.write(Buffer.from([0x82, 0x01, 0x00]))
    expect(await ended).toMatchObject({ code: 'bad frame' })
  })

  it('a message in more than 4,096 pieces ends the link', async () => {
    const { endpoint, next } = await serve()
    const accepted = next()
    const client = rawClient(endpoint, [WEBSOCKET_PROTOCOL])
    expect(await outcomeOf(client)).toBe('open')
    const { ended, received } = record(await accepted)
    const sendPieces = (pieces: number): void => {
      for (let piece = 1; piece <= pieces; piece++) client.send(new Uint8Array(1), { fin: piece === pieces })
    }
    sendPieces(4_096)
    expect(await received(4_096)).toHaveLength(4_096)
    sendPieces(4_097)
    expect(await ended).toMatchObject({ code: 'bad frame' })
  })

  it('empty messages are nothing', async () => {
    const { endpoint, next } = await serve()
    const accepted = next()
    const client = rawClient(endpoint, [WEBSOCKET_PROTOCOL])
    expect(await outcomeOf(client)).toBe('open')
    const { received, chunks } = record(await accepted)
    for (let i = 0; i < 10; i++) client.send(new Uint8Array(0))
    client.send(new Uint8Array([1]))
    await received(1)
    expect(chunks).toEqual([new Uint8Array([1])])
  })

  it('a remote that pings and does not read is ended, not queued for', async () => {
    const { endpoint, next } = await serve()
    const accepted = next()
    const client = rawClient(endpoint, [WEBSOCKET_PROTOCOL])
    expect(await outcomeOf(client)).toBe('open')
    const { ended, link } = record(await accepted)
    client.pause()
    let highest = 0
    let over = false
    void ended.then(() => {
      over = true
    })
    while (!over) {
      for (let i = 0; i < 2_000; i++) client.ping(new Uint8Array(125))
      await new Promise((resolve) => setImmediate(resolve))
      highest = Math.max(highest, link.bufferedBytes)
    }
    expect(await ended).toMatchObject({ code: 'link lost' })
    expect(highest).toBeLessThan(65_536)
  })

  it('our own writes of any size are messages that another listener takes', async () => {
    const { endpoint, next } = await serve({ maxPayloadBytes: 65_536 })
    const accepted = next()
    const link = await webSocket().dial(endpoint)
    const { received } = record(await accepted)
    record(link).link.write(new Uint8Array(1_000_000).fill(5))
    expect((await received(1_000_000)).every((byte) => byte === 5)).toBe(true)
  })

  it.each([true, false])('masks are random where asked for (%s), and bytes the same', async (randomMasks) => {
    const { endpoint, next } = await serve()
    const accepted = next()
    const { link } = record(await webSocket({ randomMasks }).dial(endpoint))
    const { received } = record(await accepted)
    link.write(new Uint8Array(100_000).fill(9))
    expect((await received(100_000)).every((byte) => byte === 9)).toBe(true)
  })
})

describe('where a link is', () => {
  it('names the socket of an inbound link and the URL of a dialed one', async () => {
    const { endpoint, next } = await serve()
    const accepted = next()
    const { link } = record(await webSocket().dial(endpoint))
    expect(link.remoteAddress).toBe(`ws://127.0.0.1:${endpoint.port}/`)
    expect((await accepted).remoteAddress).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  it.each([
    ['is not believed by default', {}, '203.0.113.9', /^127\.0\.0\.1:\d+$/],
    [
      'is believed behind a proxy of one’s own, its last entry',
      { trustProxy: true },
      '1.2.3.4, 203.0.113.9',
      /^203\.0\.113\.9:0$/,
    ],
    ['may be IPv6', { trustProxy: true }, '2001:db8::1', /^\[2001:db8::1\]:0$/],
    ['is passed over where it is no address', { trustProxy: true }, 'evil', /^127\.0\.0\.1:\d+$/],
  ] as const)('X-Forwarded-For %s', async (_, options, forwarded, wanted) => {
    const { endpoint, next } = await serve(options)
    const accepted = next()
    rawClient(endpoint, [WEBSOCKET_PROTOCOL], { headers: { 'x-forwarded-for': forwarded } })
    expect((await accepted).remoteAddress).toMatch(wanted)
  })
})

describe('a dial that fails', () => {
  async function httpServer(onUpgrade: (status: string) => string): Promise<Endpoint> {
    const server = createServer((_, response) => response.writeHead(200).end())
    server.on('upgrade', (_, socket) => {
      // The dialer may cut the link while the answer is under way.
      socket.on('error', () => undefined)
      socket.end(onUpgrade(''))
    })
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { scheme: 'ws', host: '127.0.0.1', port: (server.address() as AddressInfo).port, path: '/' }
  }

  it('says the status and the sentence of a refusal', async () => {
    const endpoint = await httpServer(() => 'HTTP/1.1 404 Not Found\r\n\r\nthere is nothing at this path')
    const error = await failureOf(webSocket().dial(endpoint))
    const wanted = 'refused the upgrade with HTTP 404 Not Found: there is nothing at this path'
    expect(error).toMatchObject({ code: 'dial failed', message: `ws://127.0.0.1:${endpoint.port}/ ${wanted}` })
  })

  it('and one that a listener refuses after the upgrade is a link that ends with its words', async () => {
    const { endpoint } = await serve()
    const { ended } = record(await webSocket().dial({ ...endpoint, path: '/elsewhere' }))
    const cause = { name: 'absent', retryAfterMs: 300_000 }
    expect(await ended).toMatchObject({
      code: 'relay refused',
      message: 'absent: there is nothing at this path',
      cause,
    })
  })

  it('reads no more of a refusal than it shows', async () => {
    const endless = `HTTP/1.1 503 Busy\r\n\r\n${'x'.repeat(1_000_000)}`
    const error = await failureOf(webSocket().dial(await httpServer(() => endless)))
    expect(error.message).toContain('HTTP 503 Busy: xxx')
    expect(error.message.length).toBeLessThan(300)
  })

  it('says that a server does not speak the subprotocol', async () => {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => false })
    onTestFinished(() => server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const error = await failureOf(webSocket().dial({ scheme: 'ws', host: '127.0.0.1', port, path: '/' }))
    expect(error).toMatchObject({ code: 'dial failed', message: expect.stringContaining('subprotocol') })
  })

  it('says that nobody listens', async () => {
    const port = await claimPort()
    const error = await failureOf(webSocket().dial({ scheme: 'ws', host: '127.0.0.1', port, path: '/' }))
    expect(error.message).toBe(`ws://127.0.0.1:${port}/ refused the connection: nobody listens there`)
  })

  it('says that the certificate is not trusted', async () => {
    const { endpoint } = await serve({ listen: 'wss://127.0.0.1:0/', tls })
    const error = await failureOf(webSocket().dial(endpoint))
    expect(error.message).toContain('SELF_SIGNED_CERT')
  })

  it('a server that hangs up during the upgrade is a failed dial', async () => {
    const error = await failureOf(webSocket().dial(await httpServer(() => '')))
    expect(error).toMatchObject({ code: 'dial failed' })
  })
})
