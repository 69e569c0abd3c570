// Dialing through SOCKS5 proxies: what they are asked, their answers in any split, and what a failure tells.
import { once } from 'node:events'
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { parseEndpoint } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { describe, expect, it, onTestFinished } from 'vitest'
import { claimPort } from '../support/ports.ts'
import { socksServer } from './socks-server.ts'
import { failureOf, listen, record } from './support.ts'

const ONION = 'aaaqeayeaudaocajbifqydiob4ibceqtcqkrmfyydenbwha5dyp3kead.onion'

/** A listener that greets whoever comes, and the proxy that leads there whatever is asked. */
async function world(options: Parameters<typeof socksServer>[0] = {}) {
  const { endpoint, next } = await listen(tcp({ listen: 'tcp://127.0.0.1:0' }))
  const proxy = await socksServer({ target: endpoint, ...options })
  const transport = tcp({ proxies: { all: proxy.url } })
  return { endpoint, next, proxy, transport }
}

/** A server that says these bytes, one script a connection, and writes down what came. */
async function scripted(script: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    script(socket)
  })
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `socks5://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Says each answer when so many bytes of a client have come. */
function answers(...steps: readonly (readonly [after: number, bytes: readonly number[]])[]): (socket: Socket) => void {
  return (socket) => {
    let [came, said] = [0, 0]
    socket.on('data', (chunk: Buffer) => {
      came += chunk.length
      while (said < steps.length && came >= steps[said]![0]) socket.write(Uint8Array.from(steps[said++]![1]))
    })
  }
}

describe('a dial through a proxy', () => {
  it.each([
    ['a name', 'peer.example', { kind: 3, host: 'peer.example' }],
    ['a name that nobody can look up', 'nowhere.invalid', { kind: 3, host: 'nowhere.invalid' }],
    ['an onion service', ONION, { kind: 3, host: ONION }],
    ['IPv4', '203.0.113.7', { kind: 1, host: '203.0.113.7' }],
    ['IPv6', '2001:db8::7', { kind: 4, host: `20010db8${'0'.repeat(23)}7` }],
  ])('asks for %s as it is, and looks nothing up', async (_, host, asked) => {
    const { next, proxy, transport } = await world()
    const accepted = next()
    const { link, received } = record(await transport.dial({ scheme: 'tcp', host, port: 30_303 }))
    const remote = record(await accepted)
    link.write(new TextEncoder().encode('ping'))
    expect(String(await remote.received(4))).toBe('ping')
    remote.link.write(new TextEncoder().encode('pong'))
    expect(String(await received(4))).toBe('pong')
    expect(proxy.requests).toMatchObject([{ ...asked, port: 30_303 }])
    expect(link.remoteAddress).toBe(host.includes(':') ? `[${host}]:30303` : `${host}:30303`)
  })

  it('has credentials of its own each time, or those of the URL', async () => {
    const { proxy, transport } = await world()
    for (let i = 0; i < 3; i++) record(await transport.dial(parseEndpoint('tcp://peer.example:1')))
    const own = tcp({ proxies: { names: proxy.url.replace('//', '//me:pass%20word@') } })
    record(await own.dial(parseEndpoint('tcp://peer.example:1')))
    const users = proxy.requests.map(({ user, password }) => `${user} ${password}`)
    expect(new Set(users).size).toBe(4)
    for (const user of users.slice(0, 3)) expect(user).toMatch(/^[0-9a-f]{32} [0-9a-f]{32}$/)
    expect(users[3]).toBe('me pass word')
  })

  it('works with a proxy that asks for no password', async () => {
    const { proxy, transport } = await world({ method: 0 })
    record(await transport.dial(parseEndpoint('tcp://peer.example:1')))
    expect(proxy.requests).toMatchObject([{ user: '', host: 'peer.example' }])
  })

  it.each([
    ['IPv4', [1, 9, 9, 9, 9, 1, 1]],
    ['IPv6', [4, ...Array.from({ length: 18 }, () => 7)]],
    ['a name', [3, 5, 1, 2, 3, 4, 5, 6, 7]],
    ['an empty name', [3, 0, 6, 7]],
  ])('reads a reply that tells %s, byte by byte, and loses nothing that follows at once', async (_, bound) => {
    const reply = [5, 0, 0, ...bound, ...Buffer.from('first words')]
    const all = [[5, 2], [1, 0], reply]
    for (const size of [1, 2, 3, 1000]) {
      const url = await scripted((socket) => {
        let step = 0
        socket.on('data', (chunk: Buffer) => {
          // The request comes after the two short questions; each is one write of the client.
          if (chunk.length === 0 || step > 2) return
          const bytes = Uint8Array.from(all[step++]!)
          for (let i = 0; i < bytes.length; i += size) socket.write(bytes.subarray(i, i + size))
        })
      })
      const { received } = record(await tcp({ proxies: { all: url } }).dial(parseEndpoint('tcp://peer.example:1')))
      expect(String(await received(11))).toBe('first words')
    }
  })

  it.each([
    [1, 'it failed'],
    [2, 'its rules do not allow this'],
    [5, 'the connection was refused'],
    [0xf0, 'the onion service is not known'],
    [0xf6, 'this is not an onion address'],
    [0x63, 'unknown reason 0x63'],
  ])('tells why the proxy refuses: 0x%s', async (code, text) => {
    const url = await scripted(answers([4, [5, 0]], [5, [5, code, 0, 1, 0, 0, 0, 0, 0, 0]]))
    const error = await failureOf(tcp({ proxies: { all: url } }).dial(parseEndpoint('tcp://peer.example:7')))
    expect(error).toMatchObject({
      code: 'dial failed',
      message: `tcp://peer.example:7 could not be reached: the proxy could not connect: ${text}`,
    })
  })

  it.each<[string, (socket: Socket) => void, string]>([
    ['closes at once', (socket) => socket.end(), 'closed the connection before it answered'],
    ['resets', (socket) => void once(socket, 'data').then(() => socket.resetAndDestroy()), 'broke the connection'],
    ['closes after its first answer', (socket) => socket.end(Uint8Array.of(5, 0)), 'closed the connection'],
    ['speaks HTTP', (socket) => void socket.write('HTTP/1.1 400 Bad Request'), 'is not a SOCKS5 proxy'],
    ['accepts no way', answers([4, [5, 0xff]]), 'wants another way of authentication'],
    ['refuses the password', answers([4, [5, 2]], [5, [1, 1]]), 'refused the user and password'],
    ['answers too early', answers([4, [5, 0, 5, 0, 0, 1]]), 'answered before it was asked'],
    ['answers as SOCKS4', answers([4, [5, 0]], [5, [4, 0]]), 'answered with 0x04 in place of 5'],
    ['tells an unknown address', answers([4, [5, 0]], [5, [5, 0, 0, 9, 0]]), 'an address of unknown kind 0x09'],
  ])('fails in one sentence when the proxy %s', async (_, script, text) => {
    const url = await scripted(script)
    const error = await failureOf(tcp({ proxies: { all: url } }).dial(parseEndpoint('tcp://peer.example:7')))
    expect(error.code).toBe('dial failed')
    expect(error.message).toMatch(/^tcp:\/\/peer\.example:7 could not be reached: the proxy /)
    expect(error.message).toContain(text)
  })

  it('fails by the name of the proxy when nobody listens there', async () => {
    const proxy = `socks5://127.0.0.1:${await claimPort()}`
    const error = await failureOf(tcp({ proxies: { all: proxy } }).dial(parseEndpoint('tcp://peer.example:7')))
    expect(error.message).toContain(`${proxy} refused the connection`)
  })

  it('that is aborted while the proxy thinks leaves no connection', async () => {
    const controller = new AbortController()
    let ended: Promise<unknown> | undefined
    const url = await scripted((socket) => {
      ended = once(socket, 'close')
      socket.once('data', () => controller.abort(new Error('enough')))
    })
    const dialing = tcp({ proxies: { all: url } }).dial(parseEndpoint('tcp://peer.example:7'), controller)
    expect((await failureOf(dialing)).message).toBe('enough')
    await ended
  })
})

describe('the choice of a proxy', () => {
  const own = { onion: 'o', names: 'n', ipv4: '4', ipv6: '6' }
  const hosts = { [ONION]: 'o', 'peer.example': 'n', '203.0.113.7': '4', '2001:db8::7': '6', 'Peer.ONION.': 'o' }

  it.each(Object.entries(hosts))('is by the network of what is dialed: %s', async (host, expected) => {
    const { endpoint } = await listen(tcp({ listen: 'tcp://127.0.0.1:0' }))
    const servers = new Map<string, Awaited<ReturnType<typeof socksServer>>>()
    for (const name of Object.values(own)) servers.set(name, await socksServer({ target: endpoint }))
    const proxies = Object.fromEntries(Object.entries(own).map(([key, name]) => [key, servers.get(name)!.url]))
    record(await tcp({ proxies }).dial({ scheme: 'tcp', host, port: 1 }))
    const asked = [...servers].filter(([, { requests }]) => requests.length > 0).map(([name]) => name)
    expect(asked).toEqual([expected])
  })

  it('never lets an onion or I2P name reach a resolver', async () => {
    const onion = { scheme: 'tcp', host: ONION, port: 1 }
    const i2p = { ...onion, host: `${'a'.repeat(52)}.b32.i2p` }
    expect(tcp().canDial(onion)).toBe(false)
    expect(tcp({ proxies: { onion: 'socks5://127.0.0.1:9050' } }).canDial(onion)).toBe(true)
    expect(tcp({ proxies: { all: 'socks5://127.0.0.1:9050' } }).canDial(i2p)).toBe(false)
    expect((await failureOf(tcp().dial(onion))).message).toContain('can not be dialed without a proxy')
  })

  it.each([
    '127.0.0.1:9050',
    'http://127.0.0.1:9050',
    'socks5://',
    'socks5://h:1/path',
    `socks5://${'u'.repeat(256)}:p@h`,
  ])('refuses what is no proxy: %s', (text) => {
    expect(() => tcp({ proxies: { onion: text } })).toThrow(TypeError)
  })
})
