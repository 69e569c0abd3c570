// A world of real nodes with address books: hosts by IP or name, memory links, one clock that the test moves.
import {
  createNode,
  defaultCrypto,
  fromHex,
  generatePrivateKey,
  type Node,
  type NodeOptions,
  type Offer,
  type Plugin,
} from '@peerwire/core'
import {
  addr,
  addressBook,
  type AddressBook,
  type AddressBookOptions,
  type AddrEntry,
} from '@peerwire/core/address-book'
import type { Storage } from '@peerwire/core/storage'
import type { AddressTables } from '../../packages/core/src/addresses/address-tables.ts'
import { addressOfEndpoint } from '../../packages/core/src/addresses/endpoint-address.ts'
import { createAddressTables } from '../../packages/core/src/addresses/tables.ts'
import { silentLogger } from '../../packages/core/src/base/log.ts'
import { type Random, seededRandom } from '../../packages/core/src/base/random.ts'
import { BookKeeper } from '../../packages/core/src/book/book-keeper.ts'
import { memoryTcp } from '../../packages/core/src/testing/internet.ts'
import { createManualClock, type ManualClock } from '../../packages/core/src/testing/manual-clock.ts'
import { createMemoryNetwork, type MemoryNetwork } from '../../packages/core/src/testing/memory-transport.ts'
import { parseAddress } from '../../packages/core/src/wire/address.ts'
import type { Transport } from '../../packages/core/src/wire/link.ts'

export const SECOND = 1000
export const MINUTE: number = 60 * SECOND
export const HOUR: number = 60 * MINUTE

export interface Inhabitant {
  readonly node: Node
  readonly book: AddressBook
  readonly lines: string[]
  /** Dials: when, in milliseconds of the clock, and to which host. */
  readonly dialed: (readonly [atMs: number, host: string])[]
}

export interface Settling extends AddressBookOptions {
  readonly storage?: Storage
  readonly listen?: boolean | number
  /** Without a book: a node that only speaks `protocols`. */
  readonly bookless?: boolean
  readonly node?: Partial<NodeOptions>
  readonly plugins?: readonly Plugin[]
  readonly protocols?: readonly Offer[]
}

export interface BookWorld {
  readonly clock: ManualClock
  readonly random: Random
  readonly network: MemoryNetwork
  /** Starts a node at a host; it listens on port 30303 unless told otherwise. */
  settle(host: string, settling?: Settling): Promise<Inhabitant>
  /** A node that answers `getaddr`, and tells whoever comes, with what a function gives. */
  teller(host: string, entries: () => readonly AddrEntry[], listen?: boolean): Promise<Node>
  pass(ms: number): Promise<void>
  /** Lets time pass until something holds, looked at every `stepMs`; how long it took, or `Infinity`. */
  passUntil(isDone: () => boolean, mostMs: number, stepMs?: number): Promise<number>
  run<T>(promise: Promise<T>): Promise<T>
  /** Seconds since 1970. */
  now(): number
  close(): Promise<void>
}

export function bookWorld(seed = 1): BookWorld {
  const clock = createManualClock()
  const random = seededRandom(seed)
  const network = createMemoryNetwork({ clock, random, delayMs: [5, 50] })
  const nodes: Node[] = []
  const pass = (ms: number): Promise<void> => clock.advanceAsync(ms)
  const passUntil = async (isDone: () => boolean, mostMs: number, stepMs = 5000): Promise<number> => {
    for (let passedMs = 0; passedMs <= mostMs; passedMs += stepMs) {
      if (isDone()) return passedMs
      await pass(stepMs)
    }
    return Infinity
  }
  const run = async <T>(promise: Promise<T>): Promise<T> => {
    let isSettled = false
    const mark = (): void => void (isSettled = true)
    promise.then(mark, mark)
    await passUntil(() => isSettled, MINUTE, 25)
    return await promise
  }
  const start = async (node: Node): Promise<void> => {
    nodes.push(node)
    await node.start()
  }
  return {
    clock,
    random,
    network,
    pass,
    passUntil,
    run,
    now: () => Math.floor(clock.wallNow() / 1000),
    settle: async (host, settling = {}) => {
      const { storage, listen = true, bookless, node: options, plugins = [], protocols, ...bookOptions } = settling
      const lines: string[] = []
      const dialed: (readonly [number, string])[] = []
      const transport = memoryTcp(network, host, { listen })
      const dial: Transport['dial'] = (endpoint, dialOptions) => {
        dialed.push([clock.now(), endpoint.host])
        return transport.dial(endpoint, dialOptions)
      }
      const book = addressBook(bookOptions)
      const node = createNode({
        privateKey: generatePrivateKey(random),
        transports: [{ ...transport, dial }],
        plugins: [...(bookless ? [] : [book]), ...plugins],
        protocols,
        clock,
        random,
        logger: {
          enabled: (level) => level !== 'trace' && level !== 'debug',
          log: (level, message, fields) => void lines.push(`${level} ${message} ${JSON.stringify(fields)}`),
        },
        storage,
        ...options,
      })
      await start(node)
      return { node, book, lines, dialed }
    },
    teller: async (host, entries, listen = true) => {
      const offer = addr.with({
        getaddr: (peer) => void peer.send(addr, 'addr', { network: 'main', entries: entries() }),
      })
      const transports = [memoryTcp(network, host, { listen })]
      const node = createNode({ privateKey: generatePrivateKey(random), transports, protocols: [offer], clock, random })
      await start(node)
      return node
    },
    close: async () => {
      await run(Promise.all(nodes.map((node) => node.close())))
      await pass(SECOND)
    },
  }
}

/** An address of a group of its own, by number. */
export function ipOf(n: number): string {
  return `${20 + Math.floor(n / 250)}.${n % 250}.7.7`
}

export function addressOf({ node }: Pick<Inhabitant, 'node'>): string {
  return node.addresses[0]!
}

export function outboundOf({ node }: Pick<Inhabitant, 'node'>): number {
  return node.peers.filter(({ direction }) => direction === 'outbound').length
}

/** What `addr/1` would say of a node; with another key, when one is given. */
export function entryOf(address: string, time: number, key?: Uint8Array): AddrEntry {
  const { publicKey, endpoint } = parseAddress(address)
  return { address: addressOfEndpoint(endpoint)!, publicKey: key ?? publicKey, time }
}

/** The tables of a book that a node has kept, and the secret that their buckets hang on. */
export async function keptTables(
  { clock, random, run, now }: BookWorld,
  storage: Storage,
): Promise<{ readonly tables: AddressTables; readonly key: Uint8Array }> {
  const snapshot = (): never => {
    throw new Error('nothing is saved')
  }
  const keeper = new BookKeeper({ storage, name: 'peers.json', network: 'main', clock, logger: silentLogger, snapshot })
  const { header, batches } = await run(keeper.load())
  const tables = createAddressTables({ random, sha256: defaultCrypto.sha256, header: header!.tables })
  for (const batch of batches) tables.restore(batch, now())
  return { tables, key: fromHex(header!.tables.key) }
}
