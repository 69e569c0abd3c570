// Reading a listener's addresses over HTTP: what is taken, what is refused, and in which words.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { resolveNode } from './resolve-node.ts'

const KEY = 'ab'.repeat(64)
const ADDRESS = `ws://${KEY}@127.0.0.1:4000/`
const closers: (() => void)[] = []

afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const serveJson = (value: unknown): Promise<string> => serve((_, response) => response.end(JSON.stringify(value)))

describe('resolveNode', () => {
  it('reads addresses and bridge, whichever scheme and path the URL has', async () => {
    const paths: (string | undefined)[] = []
    const bridge = [{ alias: 'geth', address: ADDRESS, endpoint: 'ws://127.0.0.1:4000/bridge/geth' }, { alias: 'x' }]
    const url = await serve((request, response) => {
      paths.push(request.url)
      response.end(JSON.stringify({ name: 'peerwire/v1', version: '1.0.0', addresses: [ADDRESS], bridge, later: 1 }))
    })
    const expected = { name: 'peerwire/v1', version: '1.0.0', addresses: [ADDRESS], bridge }
    expect(await resolveNode(url)).toEqual(expected)
    expect(await resolveNode(`${url.replace('http', 'ws')}/some/page?x=1`)).toEqual(expected)
    expect(paths).toEqual(['/.well-known/peerwire', '/.well-known/peerwire'])
  })

  it('joins key and path of a listener with the URL that answered, which alone knows scheme, host and port', async () => {
    const other = `enode://${KEY}@203.0.113.5:30303`
    const listed = [`ws://${KEY}@127.0.0.1:1/peers`, `ws://${KEY}@relay.example:80/peers`, other]
    const bridge = [{ alias: 'geth', address: ADDRESS, endpoint: 'ws://127.0.0.1:4000/bridge/geth' }]
    const url = await serveJson({ name: 'n', publicKey: KEY, path: '/peers', addresses: listed, bridge })
    const { port } = new URL(url)
    const moved = { address: `ws://${KEY}@127.0.0.1:${port}/`, endpoint: `ws://127.0.0.1:${port}/bridge/geth` }
    const expected = {
      name: 'n',
      version: '',
      addresses: [`ws://${KEY}@127.0.0.1:${port}/peers`, other],
      bridge: [{ alias: 'geth', ...moved }],
    }
    expect(await resolveNode(url)).toEqual(expected)
    const elsewhere = await serve((_, response) => response.writeHead(308, { location: `${url}/x` }).end())
    expect(await resolveNode(elsewhere)).toEqual(expected)
  })

  it.each([
    ['https://relay.example/', `wss://${KEY}@relay.example:443/`],
    ['https://relay.example:8443/', `wss://${KEY}@relay.example:8443/`],
    ['http://relay.example', `ws://${KEY}@relay.example:80/`],
    ['wss://[2001:db8::1]:9', `wss://${KEY}@[2001:db8::1]:9/`],
  ])('asked by %s, gives %s', async (url, address) => {
    const body = new TextEncoder().encode(JSON.stringify({ publicKey: KEY, path: '/' }))
    const asked: string[] = []
    onTestFinished(() => void vi.unstubAllGlobals())
    vi.stubGlobal('fetch', (target: URL) => {
      asked.push(target.href)
      return Promise.resolve(Object.defineProperty(new Response(body), 'url', { value: target.href }))
    })
    expect((await resolveNode(url)).addresses).toEqual([address])
    expect(asked).toEqual([`${url.replace(/^ws/, 'http').replace(/\/$/, '')}/.well-known/peerwire`])
  })

  it('leaves out addresses of a form that is not known here', async () => {
    const url = await serveJson({ addresses: ['quick://later', 7, ADDRESS] })
    expect((await resolveNode(url)).addresses).toEqual([ADDRESS])
  })

  it.each([
    ['no JSON', '<html>', /the answer is not JSON/],
    ['no object', '7', /not what a listener tells/],
    ['no key', '{"path":"/"}', /holds no address/],
    ['half a key', '{"path":"/","publicKey":"abab"}', /holds no address/],
    ['a path that is none', `{"path":{"a":1},"publicKey":[]}`, /holds no address/],
    ['no list', '{"addresses":"x"}', /not what a listener tells/],
    ['no address that can be dialed', '{"addresses":["enode://12@h:1"]}', /holds no address/],
    ['one address too many', JSON.stringify({ addresses: Array(65).fill(ADDRESS) }), /a list of 65 where 64/],
    ['a bridge without alias', JSON.stringify({ addresses: [ADDRESS], bridge: [{}] }), /has no alias/],
    ['one byte too much', `{"a":"${'x'.repeat(65_529)}"}`, /more than 65536 bytes/],
  ])('refuses an answer with %s', async (_, body, message) => {
    const url = await serve((_request, response) => response.end(body))
    await expect(resolveNode(url)).rejects.toThrow(message)
    await expect(resolveNode(url)).rejects.toThrow(`cannot resolve ${url}`)
  })

  it('says the HTTP status, a refused connection, and that time ran out', async () => {
    const missing = await serve((_, response) => response.writeHead(404).end('no'))
    await expect(resolveNode(missing)).rejects.toThrow(/HTTP 404/)
    await expect(resolveNode('http://127.0.0.1:1')).rejects.toThrow(/cannot resolve http:\/\/127\.0\.0\.1:1: /)
    const silent = await serve(() => undefined)
    await expect(resolveNode(silent, { timeoutMs: 30 })).rejects.toThrow(/no answer within 30 ms/)
  })

  it('ends with the reason of its signal', async () => {
    const silent = await serve(() => undefined)
    const controller = new AbortController()
    const answer = resolveNode(silent, { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(answer).rejects.toThrow('enough')
    await expect(resolveNode(silent, { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow('before')
  })

  it('refuses what is no URL of a listener', async () => {
    await expect(resolveNode('ftp://relay.example')).rejects.toThrow(TypeError)
    await expect(resolveNode('relay')).rejects.toThrow(/not the URL of a listener: relay/)
  })
})
