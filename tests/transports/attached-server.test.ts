// Listening on a path of a server that belongs to the program, beside its pages and others' WebSockets.
import { createServer, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createNode, generatePrivateKey, type Node, type NodeOptions, strictPrefixPolicy } from '@peerwire/core'
import { createManualClock } from '@peerwire/core/testing'
import { webSocket, WEBSOCKET_PROTOCOL, type WebSocketOptions } from '@peerwire/transport-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket, WebSocketServer } from 'ws'
import { openRaw } from './support.ts'
import { outcomeOf, rawClient, tls } from './websocket-support.ts'

async function startNode(transport: WebSocketOptions, options: Partial<NodeOptions> = {}): Promise<Node> {
  const node = createNode({ privateKey: generatePrivateKey(), transports: [webSocket(transport)], ...options })
  onTestFinished(() => node.close())
  await node.start()
  return node
}

function createPages(): Server {
  const server = createServer((_, response) => response.end('the page'))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return server
}

async function listening(server: Server): Promise<Server> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return server
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port

function client(server: Server, path: string, protocols: string[], options?: ClientOptions): WebSocket {
  return rawClient({ scheme: 'ws', host: '127.0.0.1', port: portOf(server), path }, protocols, options)
}

/** What another program's WebSocket on the server says. */
async function echoOf(server: Server, path: string, protocols: string[] = []): Promise<string> {
  const ws = client(server, path, protocols)
  return await new Promise((resolve) => {
    ws.once('message', (data: Buffer) => resolve(data.toString()))
    ws.once('close', (code) => resolve(`closed with ${code}`))
  })
}

/** Another program's WebSockets on `server`, with a path or without one: those say no to whatever they don't know. */
function addOther(server: Server, path?: string): void {
  const other = new WebSocketServer(path === undefined ? { server } : { server, path })
  other.on('connection', (ws) => ws.send('other'))
  onTestFinished(() => other.close())
}

const page = async (server: Server): Promise<string> =>
  await (await fetch(`http://127.0.0.1:${portOf(server)}/`)).text()

describe('a server of the program', () => {
  it('is listened on at a path, and serves its pages as before', async () => {
    const server = await listening(createPages())
    const node = await startNode({ server, path: '/peers' })
    expect(node.addresses).toEqual([expect.stringMatching(new RegExp(`^ws://\\w+@127.0.0.1:${portOf(server)}/peers$`))])
    const dialer = await startNode({})
    expect(String(await dialer.dial(node.addresses[0]!))).toContain('outbound')
    expect(await page(server)).toBe('the page')
  })

  it('may speak TLS', async () => {
    const server = createTlsServer(tls)
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const node = await startNode({ server })
    expect(node.addresses[0]).toMatch(/^wss:/)
    const dialer = await startNode({ tls })
    expect(String(await dialer.dial(node.addresses[0]!))).toContain('outbound')
  })

  it('may begin to listen when the node has started', async () => {
    const server = createPages()
    const node = await startNode({ server })
    expect(node.addresses[0]).toContain('@localhost:0/')
    await listening(server)
    const dialer = await startNode({})
    expect(String(await dialer.dial(node.addresses[0]!))).toContain('outbound')
  })

  it.each([
    ['there before, for every path', true, undefined],
    ['there before, for a path', true, '/chat'],
    ['added later, for every path', false, undefined],
    ['added later, for a path', false, '/chat'],
  ])('has others’ WebSockets, %s', async (_, isFirst, path) => {
    const server = await listening(createPages())
    if (isFirst) addOther(server, path)
    const nodes = [await startNode({ server, path: path ?? '/' }), await startNode({ server, path: '/peers' })]
    if (!isFirst) addOther(server, path)
    const dialer = await startNode({})
    for (const { addresses } of nodes) expect(String(await dialer.dial(addresses[0]!))).toContain('outbound')
    // The same path, for whoever offers something else.
    for (const protocols of [[], ['vite-hmr']]) expect(await echoOf(server, path ?? '/', protocols)).toBe('other')
    await Promise.all(nodes.map((node) => node.close()))
    expect(await echoOf(server, path ?? '/peers', [WEBSOCKET_PROTOCOL])).toBe('other')
  })

  it('is as it was when the node has closed: links and listeners of others live on', async () => {
    const server = await listening(createPages())
    const before = [server.listenerCount('upgrade'), Object.hasOwn(server, 'emit')]
    const node = await startNode({ server })
    const dialer = await startNode({})
    await dialer.dial(node.addresses[0]!)
    const removed = new Promise((resolve) => dialer.once('peer:removed', resolve))
    await node.close()
    await removed
    expect([server.listening, await page(server)]).toEqual([true, 'the page'])
    expect([server.listenerCount('upgrade'), Object.hasOwn(server, 'emit')]).toEqual(before)
    const again = await startNode({ server })
    expect(String(await dialer.dial(again.addresses[0]!))).toContain('outbound')
  })

  it('has one listener at a path', async () => {
    const server = await listening(createPages())
    const node = await startNode({ server })
    await expect(startNode({ server })).rejects.toThrow('cannot listen at / of the server: another listener has it')
    expect(String(await (await startNode({})).dial(node.addresses[0]!))).toContain('outbound')
  })

  it('refuses whom a listener refuses, in the same words', async () => {
    const server = await listening(createPages())
    await startNode({ server, path: '/peers' })
    const said = (path: string, protocols: string[], options?: ClientOptions) =>
      outcomeOf(client(server, path, protocols, options), [])
    const offer = [WEBSOCKET_PROTOCOL]
    expect(await said('/peers', offer, { origin: 'https://evil.example' })).toContain('4403 origin')
    expect(await said('/peers', ['chat'])).toContain('4400 bad request')
    expect(await said('/elsewhere', offer)).toBe('Unexpected server response: 404')
    const h2c = 'GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n'
    const endpoint = { scheme: 'ws', host: '127.0.0.1', port: portOf(server) }
    expect(await (await openRaw(endpoint, h2c)).answer).toContain('404 Not Found')
  })

  it('is held to the limits of the node', async () => {
    const server = await listening(createPages())
    const limits = { visitsBurst: 2, visitsPerSecond: 1 }
    const clock = createManualClock()
    const node = await startNode({ server }, { prefixes: strictPrefixPolicy, limits, clock })
    const visit = async (): Promise<string> => {
      const before = node.inspect().setUps.length
      const ws = client(server, '/', [WEBSOCKET_PROTOCOL])
      return await new Promise((resolve) => {
        ws.once('open', () => node.inspect().setUps.length > before && resolve('in'))
        ws.once('close', (code) => resolve(String(code)))
        ws.once('error', () => resolve('dropped'))
      })
    }
    const outcomes: string[] = []
    for (let i = 0; i < 6; i++) outcomes.push(await visit())
    expect(outcomes).toEqual(['in', 'in', '4429', '4429', 'dropped', 'dropped'])
    expect(await page(server)).toBe('the page')
  })

  it.each<[object, string]>([
    [{ server: createServer(), listen: 'ws://127.0.0.1:0' }, "listen of webSocket can't be given with a server"],
    [{ server: createServer(), request: () => true }, "request of webSocket can't be given with a server"],
    [{ server: createServer(), path: 'peers' }, 'path of webSocket must begin with /'],
    [{ server: createServer(), path: '/peers?a' }, 'path of webSocket must begin with /'],
    [{ server: {} }, 'server of webSocket must be an HTTP or HTTPS server of Node'],
    [{ path: '/peers' }, 'path of webSocket needs a server'],
    [{ server: createServer(), paths: ['/peers'] }, 'webSocket has no option paths'],
  ])('with options that can’t be used is a TypeError that says so (%#)', (options, words) => {
    expect(() => webSocket(options)).toThrow(new RegExp(`^${words}`))
    expect(() => webSocket(options)).toThrow(TypeError)
  })
})
