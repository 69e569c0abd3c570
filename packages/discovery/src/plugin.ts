// Discovery as a plugin: brings the node addresses to dial, and finds persistent nodes that have moved.
import { checkOptions, formatIp, isBytes, isLocalIp, isPeerError, isPublicEndpoint, parseAddress } from '@peerwire/core'
import type { Address, Endpoint, Plugin, PluginContext, PrefixPolicy, RlpInput } from '@peerwire/core'
import { createDiscv4 } from './discv4/discv4.ts'
import type { Discv4 } from './discv4/discv4.ts'
import type { Discv4Inspection } from './discv4/inspection.ts'
import { isLocalDiscovery } from './discv4/known-node.ts'
import type { KnownNode } from './discv4/known-node.ts'
import type { OpenDatagramSocket, UdpEndpoint } from './discv4/socket.ts'
import { inParallel } from './in-parallel.ts'
import { readValue } from './records/record.ts'
import type { NodeRecord } from './records/record.ts'
import { SilentNodes } from './silent-nodes.ts'

export interface DiscoveryOptions {
  /** 32 bytes; those of the node. */
  readonly privateKey: Uint8Array
  /** `udp()` in Node. */
  readonly socket: OpenDatagramSocket
  /** Nodes to begin with, as `enode://…` or `enr:…`. */
  readonly bootnodes?: readonly string[] | undefined
  /** The IP address that others reach us by; default: what they say, or where the socket is bound. */
  readonly host?: string | undefined
  /** The TCP port that others dial; default that of the node's TCP listener. */
  readonly tcp?: number | undefined
  /** What our record says beside where we are, such as `{ eth: forkIdEntry(forkId) }`; asked at each refresh. */
  readonly entries?: (() => Readonly<Record<string, RlpInput>>) | undefined
  /**
   * Whether a node is worth dialing, by its record, which is asked for then; `undefined` when it gives none. Default:
   * every node is.
   */
  readonly accept?: ((record: NodeRecord | undefined) => boolean) | undefined
  /**
   * Whether nodes of this machine and its network are dialed. Default: if a bootnode is one, or the socket is bound to
   * such an address alone; what others tell of addresses here is believed of those here in any case.
   */
  readonly local?: boolean | undefined
  /** Whose nodes count together; default /24 and /64, with loopback and LAN exempt. */
  readonly prefixes?: PrefixPolicy | undefined
}

/** Discovery of one node: give it to `createNode({ plugins })`. */
export interface Discovery extends Plugin {
  readonly name: 'discovery'
  /** What asks and answers; absent before the node has started, and after it was closed. */
  readonly discv4: Discv4 | undefined
  inspect(): DiscoveryInspection | null
}

export interface DiscoveryInspection extends Discv4Inspection {
  /** Nodes that were offered to be dialed, and those that were not, by reason. */
  readonly offered: number
  readonly left: Readonly<Record<Fault, number>>
}

/** Why a node that was met is not offered. */
type Fault = 'no TCP port' | 'not accepted' | 'not public' | 'no answer'

/** Nodes that are asked at once whether they are there, and for their records where they are judged by them. */
const ASKED_AT_ONCE = 8

const KINDS = {
  privateKey: 'bytes',
  socket: 'call',
  bootnodes: 'list',
  host: 'text',
  tcp: 'count',
  entries: 'call',
  accept: 'call',
  local: 'flag',
  prefixes: 'thing',
} as const

/** Finds nodes with discv4. Bound near the node's TCP listener unless the socket says otherwise. */
export function discovery(options: DiscoveryOptions): Discovery {
  const { privateKey, socket, bootnodes = [] } = checkOptions('discovery', options, KINDS)
  if (!isBytes(privateKey) || privateKey.length !== 32)
    throw new TypeError('discovery needs the privateKey of the node')
  if (!socket) throw new TypeError('discovery needs a socket, such as udp()')
  for (const text of bootnodes)
    if (typeof text !== 'string') throw new TypeError('bootnodes of discovery must be strings')
  return new DiscoveryPlugin(options)
}

class DiscoveryPlugin implements Discovery {
  readonly name = 'discovery'
  readonly #options: DiscoveryOptions
  #context: PluginContext | undefined
  #discv4: Discv4 | undefined
  #offered = 0
  #local = false
  readonly #silent = new SilentNodes()
  readonly #left: Record<Fault, number> = { 'no TCP port': 0, 'not accepted': 0, 'not public': 0, 'no answer': 0 }

  constructor(options: DiscoveryOptions) {
    this.#options = options
  }

  get discv4(): Discv4 | undefined {
    return this.#discv4
  }

  start(context: PluginContext): void {
    if (this.#context) throw new TypeError('this discovery belongs to a node already')
    this.#context = context
  }

  async listening(): Promise<void> {
    const { node, clock, random, crypto, logger, storage, signal } = this.#context!
    const { privateKey, socket: open, bootnodes, host, entries, prefixes } = this.#options
    const near = listenerOf(node.addresses)
    const socket = await open(near ?? ANYWHERE)
    if (signal.aborted) return await socket.close()
    const tcp = (): number => this.#options.tcp ?? listenerOf(node.addresses)?.port ?? 0
    const parts = { privateKey, socket, bootnodes, host, entries, prefixes, tcp }
    this.#discv4 = createDiscv4({ ...parts, clock, random, crypto, logger, storage })
    await this.#discv4.start()
    this.#local = this.#options.local ?? isLocalDiscovery(this.#discv4)
  }

  get local(): boolean {
    return this.#local
  }

  async stop(): Promise<void> {
    await this.#discv4?.close()
    this.#discv4 = undefined
  }

  async *candidates(): AsyncGenerator<Address, void> {
    const discv4 = this.#discv4
    if (!discv4) return
    const nodes = discv4.randomNodes(this.#context?.signal)
    for await (const judged of inParallel(nodes, ASKED_AT_ONCE, (node) => this.#judge(discv4, node))) {
      if (typeof judged === 'string') this.#left[judged]++
      else {
        this.#offered++
        yield { publicKey: judged.publicKey, endpoint: endpointOf(judged) }
      }
    }
  }

  async resolve(publicKey: Uint8Array, signal: AbortSignal): Promise<Endpoint | undefined> {
    const node = await this.#discv4?.resolve(publicKey, { signal })
    return node && node.tcp > 0 ? endpointOf(node) : undefined
  }

  /** Of our record, which says what the user said, else what most of those that answered see. */
  stated(): string | undefined {
    const ip = this.#discv4?.record.pairs.get('ip')
    const bytes = ip && readValue(ip)
    return isBytes(bytes) && bytes.length === 4 && !isLocalIp(bytes) ? formatIp(bytes) : undefined
  }

  inspect(): DiscoveryInspection | null {
    const state = this.#discv4?.inspect()
    return state ? { ...state, offered: this.#offered, left: { ...this.#left } } : null
  }

  // Anybody tells of nodes wherever he likes: who has not answered over UDP is not dialed, lest we knock at his behest.
  async #judge(discv4: Discv4, told: KnownNode): Promise<KnownNode | Fault> {
    const { clock, signal } = this.#context!
    if (told.tcp === 0) return 'no TCP port'
    if (!this.#local && !isPublicEndpoint(endpointOf(told))) return 'not public'
    if (this.#silent.has(told, clock.now())) return 'no answer'
    try {
      const node = await discv4.prove(told)
      if (node.tcp === 0) return 'no TCP port'
      return (await this.#isAccepted(discv4, node)) ? node : 'not accepted'
    } catch (error) {
      if (!isPeerError(error) && !signal.aborted) throw error
      this.#silent.add(told, clock.now())
      return 'no answer'
    }
  }

  async #isAccepted(discv4: Discv4, node: KnownNode): Promise<boolean> {
    const { accept } = this.#options
    if (!accept) return true
    return accept(node.record ?? (await discv4.requestRecord(node).catch(() => undefined)))
  }
}

const ANYWHERE: UdpEndpoint = { host: '0.0.0.0', port: 0 }

function endpointOf({ host, tcp }: KnownNode): Endpoint {
  return { scheme: 'tcp', host, port: tcp }
}

// Where the node listens on TCP: others look for its UDP there.
function listenerOf(addresses: readonly string[]): UdpEndpoint | undefined {
  const endpoints = addresses.map((text) => parseAddress(text).endpoint)
  const found = endpoints.find(({ scheme }) => scheme === 'tcp')
  return found && { host: found.host, port: found.port }
}
