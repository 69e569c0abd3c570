// What a listener of the relay answers to plain HTTP: its addresses, the page, and nothing else.
import { createServer, request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolveNode } from '@peerwire/transport-ws'
import { defaultCrypto, parseEndpoint, toHex } from '@peerwire/core'
import { endpointsOf, parseRecord } from '@peerwire/discovery'
import { describe, expect, onTestFinished } from 'vitest'
import { it, keyIn } from './support/command.ts'

const GETH = `enode://${'79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'}${'483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8'}@127.0.0.1:30310`

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A request whose path goes out exactly as it is written. */
function ask(
  url: string,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, agent: false, ...options }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text: string) => (body += text))
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }))
    })
    sent.on('error', reject).end()
  })
}

describe('the well-known document', () => {
  it('tells every page the addresses and the ways through the bridge, as they are reached', async ({ relay }) => {
    const { url, ws, enode } = await relay(['--bridge', `geth=${GETH}`, '--bridge', 'bare=127.0.0.1:30311'])
    const { host } = new URL(url)
    const bridge = [
      { alias: 'geth', endpoint: `ws://${host}/bridge/geth`, address: `ws://${keyIn(GETH)}@${host}/bridge/geth` },
      { alias: 'bare', endpoint: `ws://${host}/bridge/bare` },
    ]
    const answer = await ask(url, '/.well-known/peerwire')
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'access-control-allow-origin': '*',
      'cache-control': 'no-store',
    })
    expect(JSON.parse(answer.body)).toMatchObject({ addresses: [ws, enode], bridge })
    expect(await resolveNode(url)).toMatchObject({
      name: expect.stringMatching(/^peerwire\/v/),
      version: expect.stringMatching(/^\d+\.\d+\.\d+$/),
      addresses: [ws, enode],
      bridge,
    })
    const elsewhere = await ask(url, '/.well-known/peerwire', { headers: { host: 'relay.example:8080' } })
    expect(JSON.parse(elsewhere.body)).toMatchObject({ addresses: [`ws://${keyIn(ws)}@relay.example:8080/`] })
    // Seen through a proxy that speaks TLS and gives its own name for us: the one that asked knows how it got here.
    const proxied = createServer((request, response) => {
      void ask(url, request.url!, { headers: { host: '10.0.0.7:8080' } }).then(({ body }) => response.end(body))
    })
    await new Promise<void>((resolve) => proxied.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void proxied.close())
    const { port } = proxied.address() as AddressInfo
    expect(await resolveNode(`http://127.0.0.1:${port}`)).toMatchObject({
      addresses: [`ws://${keyIn(ws)}@127.0.0.1:${port}/`],
      bridge: [
        {
          endpoint: `ws://127.0.0.1:${port}/bridge/geth`,
          address: `ws://${keyIn(GETH)}@127.0.0.1:${port}/bridge/geth`,
        },
        { endpoint: `ws://127.0.0.1:${port}/bridge/bare` },
      ],
    })
    const odd = await ask(url, '/.well-known/peerwire', { headers: { host: '"><script>' } })
    expect(odd.body).not.toContain('script')
  })

  it('tells what --public-url and --advertise say, and nothing of an own address', async ({ relay }) => {
    const said = ['--public-url', 'https://relay.example/', '--advertise', 'tcp://203.0.113.5:30303']
    const { url, ws } = await relay([...said, '--bridge', `geth=${GETH}`])
    const key = keyIn(ws)
    expect(await resolveNode(url)).toMatchObject({
      addresses: [`wss://${key}@relay.example:443/`, `enode://${key}@203.0.113.5:30303`],
      bridge: [{ alias: 'geth', address: `wss://${keyIn(GETH)}@relay.example:443/bridge/geth` }],
    })
    const { record } = JSON.parse((await ask(url, '/.well-known/peerwire')).body) as { readonly record: string }
    const read = parseRecord(record, defaultCrypto)
    expect(toHex(read.publicKey!)).toBe(key)
    expect(endpointsOf(read)).toEqual([
      parseEndpoint('wss://relay.example:443/'),
      parseEndpoint('tcp://203.0.113.5:30303'),
    ])
  })
})

describe('the page', () => {
  it('answers only GET and HEAD, and 404 in plain text for what is not there', async ({ relay }) => {
    const { url } = await relay()
    const posted = await ask(url, '/', { method: 'POST' })
    expect([posted.status, posted.headers.allow]).toEqual([405, 'GET, HEAD'])
    const missing = await ask(url, '/assets/no-such-file.js')
    expect(missing).toMatchObject({ status: 404, body: 'not found\n' })
    expect(missing.headers['content-type']).toBe('text/plain; charset=utf-8')
    expect(await ask(url, '/x', { method: 'HEAD' })).toMatchObject({ status: 404, body: '' })
  })

  it.for([
    '/../package.json',
    '/assets/../../package.json',
    '/%2e%2e/package.json',
    '/%2e%2e%2fpackage.json',
    '/..%5cpackage.json',
    '//etc/passwd',
    '/%00',
    '/%',
    '/.git/config',
    '/assets',
    '/assets/',
    'http://elsewhere.example/package.json',
  ])('gives nothing for %s', async (path, { relay }) => {
    const { url } = await relay()
    expect((await ask(url, path)).status).toBe(404)
  })

  it('is left out with --no-page', async ({ relay }) => {
    const { url } = await relay(['--no-page'])
    expect(await ask(url, '/')).toMatchObject({ status: 426 })
    expect((await ask(url, '/.well-known/peerwire')).status).toBe(200)
  })
})
