// DNS node lists as a part of a node: candidates for its dialer, and sequences kept across restarts.
import { checkOptions, delay, isPublicEndpoint } from '@peerwire/core'
import type { Address, Endpoint, Plugin, PluginContext, Storage } from '@peerwire/core'
import { recordEndpoint, recordEndpoint6 } from '../records/record-values.ts'
import type { NodeRecord } from '../records/record.ts'
import { recordWebSockets } from '../records/web-socket-entry.ts'
import { lookupLimits } from './lookups.ts'
import type { LookupLimits } from './lookups.ts'
import type { Resolver } from './resolver.ts'
import { TreeClient } from './tree-client.ts'
import { parseTreeUrl } from './tree-text.ts'
import { RECHECK_MS } from './tree-walk.ts'

const STORED_NAME = 'dns-trees.json'
/** Records in a row that are of no use before there is a rest: small lists are walked again and again. */
const MAX_USELESS = 256
/** The first rest, in milliseconds; doubled up to the time between two looks at a list. */
const REST_MS = 1000
/** Sequences kept; trees that aren't asked for any more are forgotten past it. */
const MAX_STORED = 64

export interface DnsDiscoveryOptions {
  /** `enrtree://KEY@domain`. */
  readonly trees: readonly string[]
  readonly resolver: Resolver
  /** Whether a record is of use, such as one of the right chain; default all. */
  readonly accepts?: ((record: NodeRecord) => boolean) | undefined
  readonly limits?: Partial<LookupLimits> | undefined
  /**
   * Whether records may lead to this machine and its network, for a list of one's own. Default false: anybody can put a
   * record into most lists.
   */
  readonly local?: boolean | undefined
}

const KINDS = { trees: 'list', resolver: 'thing', accepts: 'call', limits: 'thing', local: 'flag' } as const

/**
 * Nodes from DNS lists for `createNode({ plugins })`. Of what a record offers the first endpoint that the node can dial
 * and may is taken: a secure WebSocket, a plain one, TCP. Lists are looked up only while the dialer has room.
 *
 * @throws {TypeError} when a tree is not written as `enrtree://KEY@domain`
 * @see EIP-1459
 */
export function dnsDiscovery(options: DnsDiscoveryOptions): Plugin {
  const { trees, resolver, limits } = checkOptions('dnsDiscovery', options, KINDS)
  if (!trees) throw new TypeError('dnsDiscovery needs trees, such as enrtree://KEY@domain')
  if (typeof resolver?.texts !== 'function')
    throw new TypeError('dnsDiscovery needs a resolver, such as dnsOverHttps()')
  lookupLimits('dnsDiscovery', limits)
  for (const tree of trees) parseTreeUrl(tree)
  return new DnsDiscovery(options)
}

class DnsDiscovery implements Plugin {
  readonly name = 'dns'
  readonly local: boolean
  readonly #options: DnsDiscoveryOptions
  #context: PluginContext | undefined
  #client: TreeClient | undefined

  constructor(options: DnsDiscoveryOptions) {
    this.#options = options
    this.local = options.local ?? false
  }

  async start(context: PluginContext): Promise<void> {
    this.#context = context
    const { clock, crypto, random, logger, storage } = context
    const { resolver, limits, trees } = this.#options
    const seqs = storage ? await loadSeqs(storage) : new Map<string, number>()
    const changed = (): void => void this.#save()
    this.#client = new TreeClient({ resolver, clock, crypto, random, logger, limits, seqs, changed })
    for (const tree of trees) this.#client.add(tree)
  }

  async stop(): Promise<void> {
    await this.#save()
  }

  // A list grows once in half an hour at most; what was seen of it must outlive a crash, or old lists are believed.
  async #save(): Promise<void> {
    const { storage, logger } = this.#context ?? {}
    if (!storage || !this.#client) return
    try {
      await saveSeqs(storage, this.#client.seqs)
    } catch (error) {
      const err = error instanceof Error ? error.message : String(error)
      logger?.log('warn', 'The sequences of DNS node lists could not be saved', { err })
    }
  }

  inspect(): unknown {
    return this.#client?.inspect() ?? null
  }

  async *candidates(): AsyncGenerator<Address, void, undefined> {
    if (!this.#client || !this.#context) return
    const { accepts } = this.#options
    const { canDial, signal, clock } = this.#context
    let useless = 0
    let restMs = REST_MS
    for await (const record of this.#client.records(signal)) {
      const { publicKey } = record
      const mayDial = (place: Endpoint): boolean => canDial(place) && (this.local || isPublicEndpoint(place))
      const endpoint = accepts?.(record) === false ? undefined : endpointsOf(record).find(mayDial)
      if (publicKey && endpoint) {
        useless = 0
        restMs = REST_MS
        yield { publicKey, endpoint }
      } else if (++useless % MAX_USELESS === 0) {
        // A node that closes ends the records, too.
        await delay(clock, restMs, signal).catch(() => undefined)
        restMs = Math.min(2 * restMs, RECHECK_MS)
      }
    }
  }
}

/** Where a record's node can be dialed, the best for a page first. */
export function endpointsOf(record: NodeRecord): readonly Endpoint[] {
  const tcp = [recordEndpoint(record), recordEndpoint6(record)].flatMap((endpoint) =>
    endpoint && endpoint.tcp > 0 ? [{ scheme: 'tcp', host: endpoint.host, port: endpoint.tcp }] : [],
  )
  return [...recordWebSockets(record), ...tcp]
}

async function saveSeqs(storage: Storage, seqs: ReadonlyMap<string, number>): Promise<void> {
  const kept = [...seqs].slice(-MAX_STORED)
  await storage.write(STORED_NAME, new TextEncoder().encode(JSON.stringify(Object.fromEntries(kept))))
}

// What can't be read costs nothing but the protection against old lists until each is seen again.
async function loadSeqs(storage: Storage): Promise<ReadonlyMap<string, number>> {
  const bytes = await storage.read(STORED_NAME).catch(() => undefined)
  if (!bytes) return new Map()
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    if (typeof value !== 'object' || value === null) return new Map()
    const entries = Object.entries(value).slice(0, MAX_STORED)
    return new Map(entries.filter((entry): entry is [string, number] => Number.isSafeInteger(entry[1])))
  } catch {
    return new Map()
  }
}
