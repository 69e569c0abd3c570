// DNS lists in a node: whom it dials from them, what it keeps, and resolvers over HTTPS.
import { createNode, defaultCrypto, generatePrivateKey, parseEndpoint, seededRandom } from '@peerwire/core'
import type { Endpoint, Transport } from '@peerwire/core'
import { createManualClock, memoryStorage } from '@peerwire/core/testing'
import { describe, expect, it } from 'vitest'
import { signRecord } from '../records/record.ts'
import type { NodeRecord } from '../records/record.ts'
import { recordWebSockets, webSocketEntry } from '../records/web-socket-entry.ts'
import { dnsOverHttps } from './dns-over-https.ts'
import type { Fetch } from './dns-over-https.ts'
import { dnsDiscovery, endpointsOf } from './plugin.ts'
import { makeRecords, testTree, textsOf } from '../../test/test-tree.ts'

const random = seededRandom(11)

function recordWith(values: Parameters<typeof signRecord>[0]['values']): NodeRecord {
  return signRecord({ seq: 1n, values }, generatePrivateKey(random), defaultCrypto)
}

const relay = recordWith({ ip: Uint8Array.of(20, 0, 113, 5), tcp: 30_303, wss: 'relay.example:443/' })

/** A transport that can dial these schemes, never succeeds, and writes down what it was asked. */
function witness(...schemes: readonly string[]): Transport & { readonly dialed: Endpoint[] } {
  const dialed: Endpoint[] = []
  return {
    name: 'witness',
    dialed,
    canDial: ({ scheme }) => schemes.includes(scheme),
    dial: async (endpoint) => {
      dialed.push(endpoint)
      throw new Error('nobody there')
    },
  }
}

/** A node with one list of these records, on a clock of its own, until it has dialed or ten seconds are over. */
async function dialFirst(
  records: readonly NodeRecord[],
  schemes: readonly string[],
  options: Partial<Parameters<typeof dnsDiscovery>[0]> = {},
) {
  const clock = createManualClock()
  const transport = witness(...schemes)
  const tree = testTree(records)
  const plugin = dnsDiscovery({ trees: [tree.url], resolver: textsOf(tree), ...options })
  const node = createNode({ privateKey: generatePrivateKey(random), transports: [transport], plugins: [plugin], clock })
  await node.start()
  for (let i = 0; i < 100 && transport.dialed.length === 0; i++) await clock.advanceAsync(100)
  const inspected = node.inspect().plugins['dns']
  await node.close()
  return { dialed: transport.dialed, inspected, url: tree.url }
}

describe('a node with DNS lists', () => {
  it.each([
    [['ws', 'wss'], 'wss://relay.example:443/'],
    [['tcp'], 'tcp://20.0.113.5:30303'],
    [['tcp', 'ws', 'wss'], 'wss://relay.example:443/'],
  ])('that dials %s dials what suits it', async (schemes, expected) => {
    const plain = recordWith({ ip: Uint8Array.of(20, 51, 100, 1), udp: 30_303 })
    const { dialed, inspected, url } = await dialFirst([relay, plain], schemes)
    expect(dialed[0]).toEqual(parseEndpoint(expected))
    expect(inspected).toMatchObject({ trees: [{ url, seq: 1 }] })
  })

  it.each([
    ['ws', { ip: Uint8Array.of(127, 0, 0, 1), tcp: 1, ws: '127.0.0.1:31540/admin/reboot?confirm=yes&all=1' }],
    ['ws', { ws: '192.168.1.1/', wss: 'router.lan/' }],
    ['ws', { ws: '[::ffff:10.0.0.1]:80/' }],
    ['ws', { ws: 'elsewhere.example/logout?all=1' }],
    ['ws', { ws: `elsewhere.example/${'a'.repeat(64)}` }],
    ['ws', { ws: '2130706433:80/', wss: '127.1/' }],
    ['tcp', { ip: Uint8Array.of(169, 254, 169, 254), tcp: 80 }],
    ['tcp', { ip6: Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1), tcp6: 80 }],
    ['tcp', { ip: Uint8Array.of(224, 0, 0, 1), tcp: 80 }],
    ['tcp', { ip: Uint8Array.of(0, 0, 0, 0), tcp: 80 }],
  ])('is not led astray by a record of a list: %s %o', async (scheme, values) => {
    const run = (local: boolean) => dialFirst([recordWith(values)], [scheme, `${scheme}s`], { local })
    expect((await run(false)).dialed).toEqual([])
    expect((await run(true)).dialed).not.toEqual([])
  })

  it('takes the next endpoint of a record whose first one is not public', async () => {
    const record = recordWith({ ip: Uint8Array.of(20, 1, 1, 1), tcp: 30_303, ws: '127.0.0.1:4000/' })
    const { dialed } = await dialFirst([record], ['ws', 'tcp'])
    expect(dialed[0]).toEqual(parseEndpoint('tcp://20.1.1.1:30303'))
  })

  it('leaves out records that the user does not accept', async () => {
    const { dialed } = await dialFirst(makeRecords(5), ['tcp'], { accepts: () => false, limits: {} })
    expect(dialed).toEqual([])
  })

  it('keeps the sequence: a list that goes back is refused after a restart', async () => {
    const storage = memoryStorage()
    const records = makeRecords(1)
    const run = async (seq: number): Promise<Endpoint[]> => {
      const clock = createManualClock()
      const transport = witness('tcp')
      const tree = testTree(records, { seq })
      const plugin = dnsDiscovery({ trees: [tree.url], resolver: textsOf(tree) })
      const privateKey = generatePrivateKey(random)
      const node = createNode({ privateKey, transports: [transport], plugins: [plugin], clock, storage })
      await node.start()
      for (let i = 0; i < 50; i++) await clock.advanceAsync(100)
      await node.close()
      return transport.dialed
    }
    expect((await run(9)).length).toBeGreaterThan(0)
    expect(await run(8)).toEqual([])
    expect((await run(9)).length).toBeGreaterThan(0)
    const good = storage.values.get('dns-trees.json')!
    for (const spoiled of ['', '{', '[]', 'null', '{"a":"b"}', '{"a":-1e999}']) {
      const bytes = new TextEncoder().encode(spoiled)
      storage.values.set('dns-trees.json', bytes)
      storage.previous.set('dns-trees.json', good)
      expect(await run(1), 'the copy before it is used').toEqual([])
      storage.values.set('dns-trees.json', bytes)
      storage.previous.set('dns-trees.json', bytes)
      expect((await run(1)).length, 'and without it the node goes on').toBeGreaterThan(0)
    }
  })

  it('keeps the sequence as soon as it is seen, and closes in order on a disk that is full', async () => {
    const clock = createManualClock()
    const storage = memoryStorage()
    const tree = testTree([relay], { seq: 7 })
    const plugin = dnsDiscovery({ trees: [tree.url], resolver: textsOf(tree) })
    const privateKey = generatePrivateKey(random)
    const node = createNode({ privateKey, transports: [witness('wss')], plugins: [plugin], clock, storage })
    await node.start()
    for (let i = 0; i < 50; i++) await clock.advanceAsync(100)
    const stored = JSON.parse(new TextDecoder().decode(await storage.read('dns-trees.json'))) as [string, unknown][]
    expect(stored[1]?.[1]).toEqual({ tree: tree.url, seq: 7 })
    storage.write = () => Promise.reject(new Error('the disk is full'))
    await node.close()
  })

  it('refuses a tree that is none at once', () => {
    expect(() => dnsDiscovery({ trees: ['enrtree://x'], resolver: textsOf() })).toThrow(TypeError)
  })
})

describe('the WebSocket entry of a record', () => {
  it.each(['wss://relay.example:443/', 'ws://127.0.0.1:4000/', 'wss://[2001:db8::1]:8443/bridge/geth'])(
    'is read as it was written: %s',
    (text) => {
      const { key, value } = webSocketEntry(parseEndpoint(text))
      expect(recordWebSockets(recordWith({ [key]: value }))).toEqual([parseEndpoint(text)])
    },
  )

  it('has a bound, and is nothing else', () => {
    const long = (length: number): Endpoint => ({ scheme: 'wss', host: 'a'.repeat(length), port: 1, path: '/' })
    expect(webSocketEntry(long(125)).value.length).toBe(128)
    expect(() => webSocketEntry(long(126))).toThrow(RangeError)
    expect(() => webSocketEntry(parseEndpoint('tcp://h:1'))).toThrow(TypeError)
  })

  it.each([['not an endpoint'], [Uint8Array.of(0xff, 0xfe)], [['a', 'list']], ['']])(
    'that can not be read is as good as none: %s',
    (wss) => {
      const record = recordWith({ wss, ip: Uint8Array.of(203, 0, 113, 5), tcp: 1 })
      expect(endpointsOf(record)).toEqual([{ scheme: 'tcp', host: '203.0.113.5', port: 1 }])
    },
  )
})

describe('DNS over HTTPS', () => {
  const answer = (value: unknown, init: { status?: number; headers?: Record<string, string> } = {}): Fetch => {
    return async () => new Response(typeof value === 'string' ? value : JSON.stringify(value), init)
  }
  const ask = async (fetch: Fetch): Promise<readonly string[]> =>
    await dnsOverHttps({ url: 'https://dns.example/resolve?ct=1', fetch }).texts('a.b', new AbortController().signal)

  it.each<[string, unknown, readonly string[]]>([
    ['plain', { Status: 0, Answer: [{ type: 16, data: 'enr:x' }] }, ['enr:x']],
    ['in quotes', { Status: 0, Answer: [{ type: 16, data: '"enr:x"' }] }, ['enr:x']],
    ['in parts', { Status: 0, Answer: [{ type: 16, data: '"enr:" "x" "y\\"z"' }] }, ['enr:xy"z']],
    ['beside others', { Status: 0, Answer: [{ type: 5, data: 'c' }, { type: 16, data: 'e' }, 7, null] }, ['e']],
    ['none', { Status: 0 }, []],
    ['no such name', { Status: 3 }, []],
  ])('reads texts: %s', async (_, value, expected) => {
    expect(await ask(answer(value))).toEqual(expected)
  })

  it('asks for TXT as JSON', async () => {
    const asked: string[] = []
    await ask(async (url, { headers }) => {
      asked.push(url, headers['accept'] ?? '')
      return new Response('{"Status":0}')
    })
    expect(asked).toEqual(['https://dns.example/resolve?ct=1&name=a.b&type=TXT', 'application/dns-json'])
  })

  it.each<[string, Fetch, RegExp]>([
    ['a failure of HTTP', answer('', { status: 503 }), /dns\.example answered with HTTP status 503/],
    ['a failure of DNS', answer({ Status: 2 }), /DNS status 2/],
    ['a page', answer('<html>'), /does not answer in DNS JSON/],
    ['a flood', answer(' '.repeat(65_537)), /says too much/],
    ['an announced flood', answer('{}', { headers: { 'content-length': '65537' } }), /says too much/],
    ['no network', async () => await Promise.reject(new TypeError('fetch failed')), /fetch failed/],
  ])('tells %s', async (_, fetch, reason) => {
    await expect(ask(fetch)).rejects.toThrow(reason)
  })
})
