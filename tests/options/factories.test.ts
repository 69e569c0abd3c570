// What every public factory says of options that can't work: one rule for all packages.
import { runInNewContext } from 'node:vm'
import {
  bytes,
  createLineLogger,
  createNode,
  defaultCrypto,
  defineProtocol,
  dialPolicy,
  generatePrivateKey,
  message,
  request,
  standing,
  systemClock,
} from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import { DEFAULT_INVENTORY_LIMITS, inventory, kind } from '@peerwire/core/inventory'
import { createManualClock, createMemoryNetwork, testNetwork } from '@peerwire/core/testing'
import { discovery, dnsDiscovery, dnsOverHttps, systemResolver, udp } from '@peerwire/discovery/node'
import { blockKind, createTransactionChecker, eth } from '@peerwire/eth'
import { tcp } from '@peerwire/transport-tcp'
import { resolveNode, webSocket } from '@peerwire/transport-ws/node'
import { webSocket as webSocketInPage } from '../../packages/transport-ws/src/browser.ts'
import { describe, expect, it } from 'vitest'

type Options = Readonly<Record<string, unknown>>

interface Factory {
  /** What it is called with; more is put over it. */
  readonly good: Options
  readonly make: (options: never) => unknown
  /** Names with values that each can't have; limits as `limits.name`. */
  readonly bad: Options
}

const privateKey = generatePrivateKey()
const clock = createManualClock()
const noTexts = { texts: async () => [] }
const genesisHash = new Uint8Array(32)
const network = { networkId: 1, genesisHash, forkId: { hash: new Uint8Array(4), next: 0n } }

const FACTORIES: Readonly<Record<string, Factory>> = {
  createNode: {
    good: { privateKey, transports: [webSocket()] },
    make: createNode,
    bad: { maxPeers: 1.5, maxInbound: '7', name: 5, plugins: {}, persistent: 'enode://', 'limits.setUpMs': NaN },
  },
  dialPolicy: { good: {}, make: dialPolicy, bad: { outbound: -1, maxActive: NaN, retryMaxMs: '1', restrict: true } },
  defineProtocol: {
    good: { name: 'chat', version: 1, messages: { say: message(0, bytes) } },
    make: defineProtocol,
    bad: { name: 5, version: NaN, length: 0.5, messages: 'none' },
  },
  message: { good: {}, make: (options) => message(0, bytes, options), bad: { maxBytes: '1' } },
  request: {
    good: {},
    make: (options) => request(0, bytes, 1, bytes, options),
    bad: { maxBytes: NaN, maxAnswerBytes: -1, timeoutMs: 0, fits: 'yes' },
  },
  addressBook: {
    good: {},
    make: addressBook,
    bad: { network: 1, seeds: 'enode://', defaultPort: 0, local: 'yes', newShare: 'odd', feelers: 1, file: 7 },
  },
  standing: { good: {}, make: standing, bad: { ban: 'all', unban: {} } },
  inventory: {
    good: {},
    make: inventory,
    bad: {
      kinds: {},
      trickle: 1,
      ...Object.fromEntries(Object.keys(DEFAULT_INVENTORY_LIMITS).map((name) => [`limits.${name}`, -1])),
    },
  },
  kind: {
    good: { name: 'note', number: 16, maxBytes: 8, id: defaultCrypto.keccak256 },
    make: kind,
    bad: { number: NaN, maxBytes: '8', id: 5, urgent: 'yes', read: {}, check: true },
  },
  createLineLogger: {
    good: { clock, write: () => undefined },
    make: createLineLogger,
    bad: { level: 'loud', write: 'console' },
  },
  testNetwork: {
    good: {},
    make: (options) => testNetwork(0, [], options),
    bad: { seed: 'a', tickMs: NaN, options: {} },
  },
  createManualClock: { good: {}, make: createManualClock, bad: { startMs: NaN, tickMs: '1' } },
  createMemoryNetwork: { good: { clock }, make: createMemoryNetwork, bad: { delayMs: NaN, windowBytes: 0 } },
  tcp: { good: {}, make: tcp, bad: { listen: 30_303, noDelay: 'yes', keepAliveMs: -1, proxies: 'socks5://x:1' } },
  webSocket: {
    good: {},
    make: webSocket,
    bad: { listen: 4000, tls: 'pem', maxPayloadBytes: '1', randomMasks: 1, trustProxy: 'yes', request: {}, upgrade: 1 },
  },
  'webSocket of pages': { good: {}, make: webSocketInPage, bad: { maxUnreadBytes: NaN, clock: 5, ticket: 'pw1.a' } },
  resolveNode: {
    good: {},
    make: (options) => resolveNode('http://127.0.0.1:9', options),
    bad: { timeoutMs: NaN, signal: 'stop' },
  },
  discovery: {
    good: { privateKey, socket: udp() },
    make: discovery,
    bad: { privateKey: 'aa', socket: {}, bootnodes: 'enode://', tcp: 1.5, accept: true },
  },
  dnsDiscovery: {
    good: { trees: [], resolver: noTexts },
    make: dnsDiscovery,
    bad: { trees: 'enrtree://', resolver: {}, accepts: 1, 'limits.timeoutMs': NaN, 'limits.cached': '5' },
  },
  dnsOverHttps: { good: { url: 'https://dns.example/', fetch }, make: dnsOverHttps, bad: { url: 5, fetch: 'fetch' } },
  systemResolver: { good: {}, make: systemResolver, bad: { servers: '127.0.0.1' } },
  udp: { good: {}, make: udp, bad: { listen: 30_303 } },
  eth: {
    good: { network },
    make: eth,
    bad: { network: 0, inventory: 1, blocks: 'all', 'budget.burst': NaN, 'budget.perSecond': '5', head: 7 },
  },
  blockKind: { good: {}, make: blockKind, bad: { crypto: 'fast' } },
  createTransactionChecker: {
    good: { crypto: defaultCrypto, clock: systemClock, chainId: 1n },
    make: createTransactionChecker,
    bad: { 'budgetPerPeer.burst': -1 },
  },
}

/** Options with one more; `limits.x` is put into the object `limits`. */
function withOption(good: Options, name: string, value: unknown): never {
  const [outer, inner] = name.split('.') as [string, string?]
  return { ...good, [outer]: inner === undefined ? value : { [inner]: value } } as never
}

async function errorOf(make: () => unknown): Promise<unknown> {
  try {
    await make()
    return undefined
  } catch (error) {
    return error
  }
}

describe.each(Object.entries(FACTORIES))('%s', (_, { good, make, bad }) => {
  it('refuses what can not work, naming the option', async () => {
    for (const [name, value] of Object.entries(bad)) {
      const error = await errorOf(() => make(withOption(good, name, value)))
      expect(error, `${name}: ${String(value)}`).toBeInstanceOf(TypeError)
      expect((error as Error).message).toContain(name.split('.').at(-1))
    }
  })

  it('refuses a name that it does not have', async () => {
    const error = await errorOf(() => make(withOption(good, 'elsewhere', 5)))
    expect(error).toBeInstanceOf(TypeError)
    expect((error as Error).message).toContain('elsewhere')
  })

  it('takes undefined for its default', async () => {
    if (make === FACTORIES['resolveNode']?.make) return
    const none = Object.fromEntries(Object.keys(bad).map((name) => [name.split('.')[0], undefined]))
    expect(await errorOf(() => make({ ...none, ...good } as never))).toBeUndefined()
    for (const name of Object.keys(bad).filter((key) => key.includes('.'))) {
      expect(await errorOf(() => make(withOption(good, name, undefined)))).toBeUndefined()
    }
  })
})

describe('what is missing', () => {
  it.each<[make: () => unknown, text: string]>([
    [() => createNode(undefined as never), 'createNode needs at least a privateKey and transports'],
    [() => createNode({} as never), 'createNode needs a privateKey of 32 bytes'],
    [() => kind({ name: 'note', number: 16, maxBytes: 8 } as never), 'kind needs an id of note'],
    [() => eth({} as never), "eth needs a network, or 'auto'"],
    [() => discovery({} as never), 'discovery needs the privateKey of the node'],
    [() => discovery({ privateKey } as never), 'discovery needs a socket, such as udp()'],
    [() => dnsDiscovery({} as never), 'dnsDiscovery needs trees'],
    [() => dnsDiscovery({ trees: [] } as never), 'dnsDiscovery needs a resolver, such as dnsOverHttps()'],
    [() => dnsOverHttps({ url: 'https://x.example' } as never), 'dnsOverHttps needs fetch'],
  ])('is named in a sentence (%#)', (make, text) => {
    expect(make).toThrow(TypeError)
    expect(make).toThrow(text)
  })
})

describe('bytes of another realm', () => {
  it('are a key', () => {
    const foreign = runInNewContext(`new Uint8Array([${privateKey.join()}])`) as Uint8Array
    expect(foreign).not.toBeInstanceOf(Uint8Array)
    expect(createNode({ privateKey: foreign, transports: [webSocket()] }).id).toHaveLength(64)
    expect(() => discovery({ privateKey: foreign, socket: udp() })).not.toThrow()
  })
})
