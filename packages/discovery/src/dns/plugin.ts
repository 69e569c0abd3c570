// DNS node lists as a part of a node: candidates for its dialer, and sequences kept across restarts.
import { checkOptions, delay, isPublicEndpoint } from '@peerwire/core'
import type { Address, Endpoint, Plugin, PluginContext } from '@peerwire/core'
import type { Keeper } from '@peerwire/core/keeping'
import { recordEndpoint, recordEndpoint6 } from '../records/record-values.ts'
import type { NodeRecord } from '../records/record.ts'
import { recordWebSockets } from '../records/web-socket-entry.ts'
import { lookupLimits } from './lookups.ts'
import type { LookupLimits } from './lookups.ts'
import type { Resolver } from './resolver.ts'
import { seqForm, seqsOf } from './stored-seqs.ts'
import { TreeClient } from './tree-client.ts'
import { parseTreeUrl } from './tree-text.ts'
import { RECHECK_MS } from './tree-walk.ts'

/** Records in a row that are of no use before there is a rest: small lists are walked again and again. */
const MAX_USELESS = 256
/** The first rest, in milliseconds; doubled up to the time between two looks at a list. */
const REST_MS = 1000

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
  #keeper: Keeper | undefined

  constructor(options: DnsDiscoveryOptions) {
    this.#options = options
    this.local = options.local ?? false
  }

  async start(context: PluginContext): Promise<void> {
    this.#context = context
    const { clock, crypto, random, logger } = context
    const { resolver, limits, trees } = this.#options
    const client = (): TreeClient | undefined => this.#client
    const form = seqForm(
      () => client()?.seqs ?? new Map(),
      (older) => client()?.restore(older),
    )
    const kept = await context.keep(form)
    this.#keeper = kept?.keeper
    const seqs = kept ? seqsOf(kept.found) : new Map<string, number>()
    // A list grows once in half an hour at most; what was seen of it must outlive a crash, or old lists are believed.
    const changed = (): void => this.#keeper?.changed(0)
    this.#client = new TreeClient({ resolver, clock, crypto, random, logger, limits, seqs, changed })
    for (const tree of trees) this.#client.add(tree)
  }

  async stop(): Promise<void> {
    await this.#keeper?.close()
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
