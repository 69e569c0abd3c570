// Who may open a WebSocket to a listener, for how long one may wait, and what a listener does with its port.
import { connect as connectTls } from 'node:tls'
import { createManualClock } from '@peerwire/core/testing'
import { createNode, type Endpoint, generatePrivateKey } from '@peerwire/core'
import { resolveNode, webSocket, WEBSOCKET_PROTOCOL, type WebSocketOptions } from '@peerwire/transport-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { claimPort } from '../support/ports.ts'
import { TEST_CERTIFICATE } from './certificate.ts'
import { failureOf, openRaw, record } from './support.ts'
import { outcomeOf, rawClient, serve, tls } from './websocket-support.ts'

const WELL_KNOWN = '/.well-known/peerwire'

const PAGE = 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'

interface CountedPlace {
  at: string
  readonly giveUp: () => void
}

/** Listens as for a node that counts who waits, and notes what it is told. */
async function serveCounted(options: WebSocketOptions) {
  const failures: string[] = []
  const places = new Set<CountedPlace>()
  const [listener] = await webSocket({ listen: 'ws://127.0.0.1:0/', ...options }).listen!({
    link: (link) => link.abort(),
    failed: (_, { message }) => failures.push(message),
    waits: (at, giveUp) => {
      const place: CountedPlace = { at, giveUp }
      places.add(place)
      return { move: (address) => (place.at = address), leave: () => places.delete(place) }
    },
  })
  onTestFinished(() => listener!.close())
  return { endpoint: listener!.endpoint, failures, places }
}

async function askTls({ host, port }: Endpoint, text: string): Promise<string> {
  const socket = connectTls({ host, port, ca: TEST_CERTIFICATE })
  onTestFinished(() => void socket.destroy())
  socket.on('error', () => undefined).write(text)
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
  return await new Promise((resolve) => socket.once('close', () => resolve(answer)))
}

const FOREIGN = '4403 origin; retry=300; pages of this origin may not connect'

describe('who may connect', () => {
  it('a client that does not offer the subprotocol is refused', async () => {
    const { endpoint, links } = await serve()
    const wanted = `4400 bad request; retry=300; the subprotocol ${WEBSOCKET_PROTOCOL} must be offered`
    expect(await outcomeOf(rawClient(endpoint, []), links)).toBe(wanted)
    expect(await outcomeOf(rawClient(endpoint, ['chat', 'peerwire.2']), links)).toBe(wanted)
    expect(links).toHaveLength(0)
  })

  it('of several subprotocols ours is taken, and no compression', async () => {
    const { endpoint, links } = await serve()
    const client = rawClient(endpoint, ['chat', WEBSOCKET_PROTOCOL], { perMessageDeflate: true })
    expect(await outcomeOf(client, links)).toBe('open')
    expect(client.protocol).toBe(WEBSOCKET_PROTOCOL)
    expect(client.extensions).toBe('')
  })

  it.each([
    ['no Origin', undefined, undefined, 'open'],
    ['a page of this machine', 'http://localhost:5173', undefined, 'open'],
    ['a page of this machine by IPv6', 'http://[::1]:1', undefined, 'open'],
    ['a page of elsewhere', 'https://evil.example', undefined, FOREIGN],
    ['a sandboxed page', 'null', undefined, FOREIGN],
    ['a name that only begins like this machine', 'http://localhost.evil.example', undefined, FOREIGN],
    ['a listed page', 'https://app.example', ['https://app.example/'], 'open'],
    ['a listed page on another port', 'https://app.example:8443', ['https://app.example'], FOREIGN],
    ['a page of this machine where there is a list', 'http://localhost:5173', ['https://app.example'], FOREIGN],
    ['a sandboxed page where all may', 'null', '*' as const, 'open'],
  ])('%s', async (_, origin, origins, wanted) => {
    const { endpoint, links } = await serve(origins === undefined ? {} : { origins })
    const client = rawClient(endpoint, [WEBSOCKET_PROTOCOL], origin === undefined ? {} : { origin })
    expect(await outcomeOf(client, links)).toBe(wanted)
  })

  it('a page of the same host and port is let in, by a name that is the listener’s', async () => {
    const { endpoint, links } = await serve({ hosts: ['relay.example:4000'] })
    const headers = { host: 'relay.example:4000' }
    const same = rawClient(endpoint, [WEBSOCKET_PROTOCOL], { headers, origin: 'https://relay.example:4000' })
    expect(await outcomeOf(same, links)).toBe('open')
    const other = rawClient(endpoint, [WEBSOCKET_PROTOCOL], { headers, origin: 'https://relay.example' })
    expect(await outcomeOf(other, links)).toBe(FOREIGN)
    // A name that a stranger makes lead here.
    const rebound = { headers: { host: 'evil.example:4000' }, origin: 'https://evil.example:4000' }
    expect(await outcomeOf(rawClient(endpoint, [WEBSOCKET_PROTOCOL], rebound), links)).toBe(FOREIGN)
  })

  it('only the path of the listener is served, whatever its query', async () => {
    const { endpoint, links } = await serve({ listen: 'ws://127.0.0.1:0/peers' })
    expect(await outcomeOf(rawClient(endpoint, [WEBSOCKET_PROTOCOL]), links)).toBe('open')
    expect(await outcomeOf(rawClient({ ...endpoint, path: '/peers?a=1' }, [WEBSOCKET_PROTOCOL]), links)).toBe('open')
    expect(await outcomeOf(rawClient({ ...endpoint, path: '/' }, [WEBSOCKET_PROTOCOL]), links)).toBe(
      '4404 absent; retry=300; there is nothing at this path',
    )
  })
})

describe('connections that wait for their upgrade', () => {
  it.each(['ws', 'wss'] as const)('a mute one is dropped after 5 s (%s)', async (scheme) => {
    const clock = createManualClock()
    const { endpoint } = await serve({ listen: `${scheme}://127.0.0.1:0/`, tls, clock })
    const { answer, socket } = await openRaw(endpoint)
    // The listener has seen the connection once it has set its timer.
    while (clock.pendingTimers === 0) await new Promise((resolve) => setImmediate(resolve))
    clock.advance(4_999)
    expect(socket.destroyed).toBe(false)
    clock.advance(1)
    expect(await answer).toBe('')
    expect(clock.pendingTimers).toBe(0)
  })

  it('one that dribbles its headers is dropped after 5 s all the same', async () => {
    const clock = createManualClock()
    const { endpoint } = await serve({ clock })
    const { answer, socket } = await openRaw(endpoint, 'GET / HTTP/1.1\r\n')
    while (clock.pendingTimers === 0) await new Promise((resolve) => setImmediate(resolve))
    for (let second = 0; second < 5; second++) {
      socket.write(`X-${second}: 1\r\n`)
      clock.advance(1_000)
    }
    await answer
    expect(clock.pendingTimers).toBe(0)
  })

  it('an upgraded one is not', async () => {
    const clock = createManualClock()
    const { endpoint, links } = await serve({ clock })
    expect(await outcomeOf(rawClient(endpoint, [WEBSOCKET_PROTOCOL]))).toBe('open')
    expect(clock.pendingTimers).toBe(0)
    expect(links).toHaveLength(1)
  })

  it.each(['ws', 'wss'] as const)(
    'more than 16 KiB of headers are refused with 431, and told of (%s)',
    async (scheme) => {
      const { endpoint, failures } = await serveCounted({ listen: `${scheme}://127.0.0.1:0/`, tls })
      const head = (length: number): string => `GET / HTTP/1.1\r\nHost: x\r\nCookie: a=${'a'.repeat(length)}\r\n\r\n`
      const ask = async (text: string): Promise<string> =>
        scheme === 'ws' ? await (await openRaw(endpoint, text)).answer : await askTls(endpoint, text)
      expect(await ask(head(16_384))).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/)
      expect(failures).toEqual(['its request has more than 16 KiB of headers; cookies of the host may be the cause'])
      expect(await ask(head(16_384 - 100))).toContain('426')
      expect(failures).toHaveLength(1)
    },
  )

  it('one that sends plain requests again and again is ended after a minute', async () => {
    const clock = createManualClock()
    const { endpoint } = await serve({ clock, request: (_, response) => Boolean(response.end('page')) || true })
    const { answer, socket } = await openRaw(endpoint, PAGE)
    let answered = ''
    socket.on('data', (chunk: Buffer) => (answered += chunk.toString()))
    for (let asked = 1; asked < 6; asked++) {
      while (answered.split('200 OK').length <= asked) await new Promise((resolve) => setImmediate(resolve))
      clock.advance(10_000)
      expect(socket.destroyed).toBe(false)
      socket.write(PAGE)
    }
    clock.advance(10_000)
    await answer
    expect(clock.pendingTimers).toBe(0)
  })

  it('one whose request has a body is ended after the answer', async () => {
    const { endpoint } = await serve({ request: (_, response) => Boolean(response.end('page')) || true })
    const head = 'GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\nabc'
    expect(await (await openRaw(endpoint, head)).answer).toContain('page')
  })

  it('each has a place, by the address that a listed proxy names, until it is upgraded or gone', async () => {
    const { endpoint, places } = await serveCounted({
      trustProxy: ['127.0.0.1'],
      request: (_, response) => Boolean(response.end('page')) || true,
    })
    const forwarded = PAGE.replace('\r\n\r\n', '\r\nX-Forwarded-For: 8.8.8.8\r\n\r\n')
    const { socket, answer } = await openRaw(endpoint, forwarded)
    await new Promise((resolve) => socket.once('data', resolve))
    expect([...places].map(({ at }) => at)).toEqual(['8.8.8.8:0'])
    expect(await outcomeOf(rawClient(endpoint, [WEBSOCKET_PROTOCOL]))).toBe('open')
    expect(places.size).toBe(1)
    for (const place of places) place.giveUp()
    await answer
    while (places.size > 0) await new Promise((resolve) => setImmediate(resolve))
  })

  it('plain HTTP is answered with 426 and one sentence', async () => {
    const { endpoint } = await serve()
    const { answer } = await openRaw(endpoint, 'GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await answer).toMatch(/^HTTP\/1\.1 426 [^]*\r\n\r\nthis port speaks peerwire\.1\n$/)
  })
})

describe('listeners', () => {
  it('closing frees the port at once, and links that were accepted live on', async () => {
    const listen = `ws://127.0.0.1:${await claimPort()}/`
    const { endpoint, listener, next } = await serve({ listen })
    const accepted = next()
    const dialed = record(await webSocket().dial(endpoint))
    const { received } = record(await accepted)
    await Promise.all([listener.close(), listener.close()])
    const again = await serve({ listen })
    expect(again.endpoint).toEqual(endpoint)
    dialed.link.write(new Uint8Array([1, 2, 3]))
    expect([...(await received(3))]).toEqual([1, 2, 3])
  })

  it('a taken address is one sentence that names it, and the listeners opened before it are closed', async () => {
    const taken = await serve()
    const address = `ws://127.0.0.1:${taken.endpoint.port}/`
    const first = `ws://127.0.0.1:${await claimPort()}/`
    const error = await failureOf(serve({ listen: [first, address] }))
    expect(error.message).toBe(`cannot listen on ${address}: the address is taken`)
    await serve({ listen: first })
  })

  it('several may be opened, with and without TLS', async () => {
    const { listeners } = await serve({ listen: ['ws://127.0.0.1:0/', 'wss://127.0.0.1:0/'], tls })
    for (const { endpoint } of listeners) record(await webSocket({ tls }).dial(endpoint))
    expect(listeners.map(({ endpoint }) => endpoint.scheme)).toEqual(['ws', 'wss'])
  })

  it('options that cannot be used are named', () => {
    expect(() => webSocket({ listen: 'tcp://127.0.0.1:1' })).toThrow(/not a WebSocket endpoint/)
    expect(() => webSocket({ listen: 'wss://127.0.0.1:1/' })).toThrow(/needs tls\.key and tls\.cert/)
    expect(() => webSocket({ listen: 'ws://127.0.0.1:1/?a=1' })).toThrow(/no query/)
    expect(() => webSocket({ origins: ['app.example'] })).toThrow(/not an origin/)
    expect(() => webSocket({ maxPayloadBytes: 10 })).toThrow(RangeError)
  })

  it('hooks may answer requests and take upgrades over', async () => {
    const { endpoint, links } = await serve({
      request: ({ url }, response) => {
        if (url !== '/page') return false
        response.end('the page')
        return true
      },
      upgrade: ({ url }, socket) => {
        if (url !== '/taken') return false
        socket.end('taken over')
        return true
      },
    })
    const ask = async (path: string): Promise<string> =>
      await (
        await openRaw(endpoint, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      ).answer
    expect(await ask('/page')).toContain('the page')
    expect(await ask('/other')).toContain('426')
    const head = 'GET /taken HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    expect(await (await openRaw(endpoint, head)).answer).toBe('taken over')
    expect(links).toHaveLength(0)
  })
})

describe('the well-known document', () => {
  const node = { publicKey: new Uint8Array(64).fill(0xab), name: 'named' }
  const KEY = 'ab'.repeat(64)

  async function listening(options: WebSocketOptions): Promise<string> {
    const [listener] = (await webSocket(options).listen?.({ node, link: (link) => link.abort() })) ?? []
    onTestFinished(() => listener!.close())
    return `http://127.0.0.1:${listener!.endpoint.port}`
  }

  it('tells every page the key and the path, and no host that a proxy may have changed', async () => {
    const url = await listening({ listen: 'ws://127.0.0.1:0/peers' })
    const answer = await fetch(`${url}${WELL_KNOWN}?x=1`, { headers: { origin: 'https://elsewhere.example' } })
    expect(await answer.json()).toEqual({ name: 'named', publicKey: KEY, path: '/peers' })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect((await resolveNode(url)).addresses).toEqual([`ws://${KEY}@${new URL(url).host}/peers`])
  })

  it('is answered to GET and HEAD only', async () => {
    const url = await listening({ listen: 'ws://127.0.0.1:0/' })
    const head = await fetch(url + WELL_KNOWN, { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const posted = await fetch(url + WELL_KNOWN, { method: 'POST' })
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
  })

  it('is the program’s own where its hook answers, and nobody’s where no node listens', async () => {
    const url = await listening({
      listen: 'ws://127.0.0.1:0/',
      request: (_, response) => {
        response.end('mine')
        return true
      },
    })
    expect(await (await fetch(url + WELL_KNOWN)).text()).toBe('mine')
    const { endpoint } = await serve()
    expect((await fetch(`http://127.0.0.1:${endpoint.port}${WELL_KNOWN}`)).status).toBe(426)
  })

  it('leads a node that knows the URL alone to a peer', async () => {
    const listener = createNode({
      privateKey: generatePrivateKey(),
      transports: [webSocket({ listen: 'ws://127.0.0.1:0' })],
    })
    const dialer = createNode({ privateKey: generatePrivateKey(), transports: [webSocket()] })
    onTestFinished(async () => void (await Promise.all([listener.close(), dialer.close()])))
    await Promise.all([listener.start(), dialer.start()])
    const { host } = new URL(listener.addresses[0]!)
    const { name, addresses } = await resolveNode(`http://${host}`)
    expect([name, ...addresses]).toEqual(['peerwire', ...listener.addresses])
    expect((await dialer.dial(addresses[0]!)).publicKey).toEqual(listener.publicKey)
  })
})

describe('TLS', () => {
  it('a client that speaks no TLS to wss is dropped, and others are served', async () => {
    const { endpoint } = await serve({ listen: 'wss://127.0.0.1:0/', tls })
    await (
      await openRaw(endpoint, 'GET / HTTP/1.1\r\n\r\n')
    ).answer
    const { link } = record(await webSocket({ tls }).dial(endpoint))
    expect(link.remoteAddress).toBe(`wss://127.0.0.1:${endpoint.port}/`)
  })

  it('one that goes silent after TLS is dropped after 5 s', async () => {
    const clock = createManualClock()
    const { endpoint } = await serve({ listen: 'wss://127.0.0.1:0/', tls, clock })
    const socket = connectTls({ host: endpoint.host, port: endpoint.port, ca: TEST_CERTIFICATE })
    onTestFinished(() => void socket.destroy())
    await new Promise((resolve) => socket.once('secureConnect', resolve))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    clock.advance(5_000)
    await closed
  })
})
