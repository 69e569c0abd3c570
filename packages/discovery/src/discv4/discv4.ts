// discv4 as a whole: a socket, a conversation, a table and its upkeep.
import { abortable, checkOptions, DiscReason, isPeerError, prefixPolicy, randomBelow, toHex } from '@peerwire/core'
import type { Clock, Crypto, Logger, PrefixPolicy, Random, RlpInput, Storage } from '@peerwire/core'
import { nodeIdOf } from '../records/node-id.ts'
import { formatRecord } from '../records/record.ts'
import type { NodeRecord } from '../records/record.ts'
import { Ending } from '../ending.ts'
import { resolveBootnodes } from './bootnodes.ts'
import { describeDiscovery } from './inspection.ts'
import type { Discv4Inspection } from './inspection.ts'
import { tcpOfRecord, udpEndpointOf } from './known-node.ts'
import type { KnownNode } from './known-node.ts'
import { BUCKET_SIZE, SEEDS, SILENCE_WARNING, WARNING_MS } from './limits.ts'
import { Lookup } from './lookup.ts'
import type { LookupResult } from './lookup.ts'
import { NodeStore } from './node-store.ts'
import { PacketType } from './packets.ts'
import { randomNodes } from './random-nodes.ts'
import { SelfPortrait } from './self-portrait.ts'
import type { DatagramSocket, UdpEndpoint } from './socket.ts'
import { Table } from './table.ts'
import { Upkeep } from './upkeep.ts'
import { Wire } from './wire.ts'
import { searchError } from '../search-error.ts'

export interface Discv4Options {
  /** 32 bytes; those of the node. */
  readonly privateKey: Uint8Array
  /** Closed with discovery. */
  readonly socket: DatagramSocket
  /** Nodes to begin with, as `enode://…` or `enr:…`. */
  readonly bootnodes?: readonly string[] | undefined
  readonly clock: Clock
  readonly random: Random
  readonly crypto: Crypto
  readonly logger: Logger
  /** Where nodes and our record are kept; default nowhere. */
  readonly storage?: Storage | undefined
  /** Whose nodes count together; default /24 and /64, with loopback and LAN exempt. */
  readonly prefixes?: PrefixPolicy | undefined
  /** The IP address that others reach us by; default: what they say, or where the socket is bound. */
  readonly host?: string | undefined
  /** The TCP port that others dial; 0 or absent: none. Asked whenever it is told. */
  readonly tcp?: (() => number) | undefined
  /** What our record says beside where we are, such as `eth`; asked at each refresh. */
  readonly entries?: (() => Readonly<Record<string, RlpInput>>) | undefined
}

export interface Discv4 {
  /** 32 bytes. */
  readonly id: Uint8Array
  /** Where the socket is bound. */
  readonly local: UdpEndpoint
  /** What we say of ourselves now. */
  readonly record: NodeRecord
  /** The nodes of the table, nearest bucket first. */
  readonly nodes: readonly KnownNode[]
  /** The nodes to begin with, their names looked up; empty before `start`. */
  readonly bootnodes: readonly KnownNode[]
  /** Reads what was kept, and begins. @throws {TypeError} for a bootnode that can't be read */
  start(): Promise<void>
  /** @throws {PeerError} `request timeout` */
  ping(node: KnownNode, options?: DiscoveryWait): Promise<{ readonly seq: bigint; readonly tookMs: number }>
  /**
   * Makes sure that a node is where others say: it has answered us there, now or within a day. Its TCP port is what it
   * says itself, 0 for none. Whoever dials nodes that others tell of dials what this gives, or is led to anybody's
   * door.
   *
   * @throws {PeerError} `request timeout`
   */
  prove(node: KnownNode, options?: DiscoveryWait): Promise<KnownNode>
  /** Asks a node for its record. @throws {PeerError} `request timeout` */
  requestRecord(node: KnownNode, options?: DiscoveryWait): Promise<NodeRecord>
  /** Asks a node for those it knows nearest to a public key. @throws {PeerError} `request timeout` */
  findNode(node: KnownNode, target: Uint8Array, options?: DiscoveryWait): Promise<readonly KnownNode[]>
  /** Walks towards a public key, 64 bytes. */
  lookup(target: Uint8Array, options?: DiscoveryWait): Promise<LookupResult>
  /** Where the node of this key is now; `undefined` when it can't be found. */
  resolve(publicKey: Uint8Array, options?: DiscoveryWait): Promise<KnownNode | undefined>
  /** What random walks meet, without end; nothing is sent while nobody asks for the next. */
  randomNodes(signal?: AbortSignal): AsyncIterable<KnownNode>
  inspect(): Discv4Inspection
  /** Writes what is to be kept, and closes the socket. */
  close(): Promise<void>
}

export interface DiscoveryWait {
  readonly signal?: AbortSignal | undefined
}

/** Makes discovery over a socket; nothing is sent before `start`. */
export function createDiscv4(options: Discv4Options): Discv4 {
  return new RunningDiscv4(checkOptions('createDiscv4', options, KINDS))
}

const KINDS = {
  privateKey: 'bytes',
  socket: 'thing',
  bootnodes: 'list',
  clock: 'thing',
  random: 'thing',
  crypto: 'thing',
  logger: 'thing',
  storage: 'thing',
  prefixes: 'thing',
  host: 'text',
  tcp: 'call',
  entries: 'call',
} as const

class RunningDiscv4 implements Discv4 {
  readonly id: Uint8Array
  readonly #options: Discv4Options
  readonly #table: Table
  readonly #wire: Wire
  readonly #store: NodeStore
  readonly #portrait: SelfPortrait
  readonly #upkeep: Upkeep
  readonly #publicKey: Uint8Array
  readonly #ending = new Ending()
  readonly #lookups = new Set<Lookup>()
  /** Nodes that are being asked for their records. */
  readonly #asked = new Set<string>()
  #bootnodes: readonly KnownNode[] = []
  #seeds: readonly KnownNode[] = []
  #warnedMs = -Infinity
  #closing: Promise<void> | undefined

  constructor(options: Discv4Options) {
    const { privateKey, crypto, clock, random, socket, prefixes = prefixPolicy } = options
    this.#options = options
    this.#publicKey = crypto.publicKeyOf(privateKey)
    this.id = nodeIdOf(this.#publicKey, crypto)
    this.#store = new NodeStore(options)
    this.#table = new Table({ ownId: this.id, prefixes, random })
    this.#portrait = new SelfPortrait({ ...options, prefixes, changed: (record) => this.#store.setRecord(record) })
    this.#wire = new Wire({
      clock,
      crypto,
      privateKey,
      publicKey: this.#publicKey,
      prefixes,
      socket,
      endpoint: () => this.#portrait.endpoint,
      record: () => this.#portrait.record,
      nearest: (target, count) => this.#table.nearest(target, count, true),
      proven: (node, seq) => this.#proven(node, seq),
      stated: (by, endpoint) => this.#portrait.stated(by, endpoint),
    })
    this.#upkeep = new Upkeep({
      clock,
      random,
      table: this.#table,
      isBusy: (key) => this.#isBusy(key),
      check: (node, done) => this.#check(node, done),
      begins: () => this.#chooseSeeds(),
      walk: (to, done) => this.#walk(to === 'self' ? this.#publicKey : random.bytes(64), { done: () => done() }),
      refreshed: () => options.logger.log('debug', 'Discovery refreshed', { nodes: this.#table.size }),
    })
  }

  get local(): UdpEndpoint {
    return this.#options.socket.local
  }

  get record(): NodeRecord {
    return this.#portrait.record
  }

  get nodes(): readonly KnownNode[] {
    return [...this.#table.entries()].map(({ node }) => node)
  }

  get bootnodes(): readonly KnownNode[] {
    return this.#bootnodes
  }

  async start(): Promise<void> {
    const { socket, bootnodes = [], crypto } = this.#options
    this.#bootnodes = await resolveBootnodes(bootnodes, socket, crypto)
    await this.#store.load()
    if (this.#ending.isOver) return
    this.#portrait.begin(this.#store.record)
    socket.open((bytes, from) => this.#wire.receive(bytes, from))
    this.#upkeep.start()
  }

  async ping(node: KnownNode, { signal }: DiscoveryWait = {}): Promise<{ seq: bigint; tookMs: number }> {
    const { clock } = this.#options
    const startMs = clock.now()
    const pong = await this.#ask<{ readonly seq: bigint }>('a ping', node, signal, (done) =>
      this.#wire.ping(node, done),
    )
    return { seq: pong.seq, tookMs: clock.now() - startMs }
  }

  async prove(node: KnownNode, wait: DiscoveryWait = {}): Promise<KnownNode> {
    const { proofs } = this.#wire
    if (!proofs.isProvenAt(node.key, udpEndpointOf(node), this.#options.clock.now())) await this.ping(node, wait)
    return await this.#asItSays(node, wait)
  }

  requestRecord(node: KnownNode, { signal }: DiscoveryWait = {}): Promise<NodeRecord> {
    return this.#ask('a request for its record', node, signal, (done) => this.#wire.requestRecord(node, done))
  }

  findNode(node: KnownNode, target: Uint8Array, { signal }: DiscoveryWait = {}): Promise<readonly KnownNode[]> {
    return this.#ask('a question for nodes', node, signal, (done) => this.#wire.findNode(node, target, done))
  }

  async lookup(target: Uint8Array, { signal }: DiscoveryWait = {}): Promise<LookupResult> {
    if (target.length !== 64) throw new TypeError(`a target is a public key of 64 bytes, not ${target.length}`)
    return await this.#until(signal, (done) => this.#walk(target, { done }))
  }

  async resolve(publicKey: Uint8Array, { signal }: DiscoveryWait = {}): Promise<KnownNode | undefined> {
    const key = toHex(nodeIdOf(publicKey, this.#options.crypto))
    const isThere = (node: KnownNode): Promise<boolean> =>
      this.#until(signal, (done) => this.#wire.ping(node, (pong) => done(pong !== undefined)))
    const known = this.#table.get(key)?.node
    if (known && (await isThere(known))) return await this.#asItSays(this.#table.get(key)?.node ?? known, { signal })
    const { nodes } = await this.lookup(publicKey, { signal })
    const found = nodes.find((node) => node.key === key)
    return found && (await isThere(found)) ? await this.#asItSays(found, { signal }) : undefined
  }

  randomNodes(signal?: AbortSignal): AsyncIterable<KnownNode> {
    const { clock, random } = this.#options
    const walk = (found: (nodes: readonly KnownNode[]) => void, done: (answered: number) => void): void =>
      this.#walk(random.bytes(64), { found, done: ({ answered }) => done(answered) })
    const host = { clock, walk }
    const ending = this.#ending
    return (async function* () {
      const end = ending.signal(signal)
      try {
        yield* randomNodes(host, end.signal)
      } finally {
        end.release()
      }
    })()
  }

  inspect(): Discv4Inspection {
    return describeDiscovery({
      record: formatRecord(this.record),
      local: this.local,
      endpoint: this.#portrait.endpoint,
      table: this.#table,
      wire: this.#wire,
      bootnodes: this.#bootnodes.length,
      stored: this.#store.size,
      refreshes: this.#upkeep.refreshes,
    })
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#ending.end(new DOMException('discovery was closed', 'AbortError'))
    this.#upkeep.close()
    for (const lookup of this.#lookups) lookup.cancel()
    this.#lookups.clear()
    this.#wire.close()
    await this.#options.socket.close()
    await this.#store.close()
  }

  #proven(node: KnownNode, seq: bigint): void {
    this.#table.add(node, true)
    this.#table.heard(node.key, this.#options.clock.now())
    const known = this.#table.get(node.key)?.node
    this.#store.heard(known ?? node)
    if (known && seq > known.seq) this.#askRecord(known)
  }

  // Once at a time: what a node says of its sequence costs it a question each.
  #askRecord(node: KnownNode): void {
    if (this.#asked.has(node.key)) return
    this.#asked.add(node.key)
    this.#wire.requestRecord(node, (record) => {
      this.#asked.delete(node.key)
      // It stays where it answers, whatever its record says.
      if (record) this.#table.add(this.#withRecord(node, record), true)
    })
  }

  // With the TCP port that it names itself, in its pings or its record: others may have told of anybody's.
  async #asItSays(node: KnownNode, wait: DiscoveryWait): Promise<KnownNode> {
    const tcp = this.#wire.proofs.tcpOf(node.key, node.host)
    if (tcp !== undefined) return { ...node, tcp }
    try {
      return this.#withRecord(node, await this.requestRecord(node, wait))
    } catch (error) {
      if (!isPeerError(error)) throw error
      return { ...node, tcp: this.#wire.proofs.tcpOf(node.key, node.host) ?? 0 }
    }
  }

  #withRecord(node: KnownNode, record: NodeRecord): KnownNode {
    const tcp = this.#wire.proofs.tcpOf(node.key, node.host) ?? tcpOfRecord(record, node.host)
    return { ...node, tcp, seq: record.seq, record }
  }

  #isBusy(key: string): boolean {
    const node = this.#table.get(key)?.node
    return (
      node !== undefined && this.#wire.questions.isAsking(key, { host: node.host, port: node.udp }, PacketType.pong)
    )
  }

  #check(node: KnownNode, done: (isThere: boolean) => void): void {
    this.#wire.ping(node, (pong) => {
      if (!pong) this.#heedSilence()
      done(pong !== undefined)
    })
  }

  #chooseSeeds(): void {
    const { random } = this.#options
    this.#portrait.refresh()
    const stored = [...this.#store.nodes]
    const chosen: KnownNode[] = []
    while (stored.length > 0 && chosen.length < SEEDS) {
      chosen.push(...stored.splice(randomBelow(random, stored.length), 1))
    }
    this.#seeds = [...chosen, ...this.#bootnodes]
  }

  #walk(
    targetKey: Uint8Array,
    { found, done }: { found?: (nodes: readonly KnownNode[]) => void; done: (result: LookupResult) => void },
  ): void {
    if (this.#ending.isOver) return
    const target = nodeIdOf(targetKey, this.#options.crypto)
    const near = this.#table.nearest(target, BUCKET_SIZE, false)
    const lookup = new Lookup({
      target,
      ownKey: toHex(this.id),
      // Until there are enough to ask, those whom we know from before are asked, too.
      start: near.length < BUCKET_SIZE ? [...near, ...this.#seeds] : near,
      ask: (node, told) => this.#wire.findNode(node, targetKey, (nodes) => told(this.#heed(node, nodes))),
      ...(found ? { found } : {}),
      done: (result) => {
        this.#lookups.delete(lookup)
        done(result)
      },
    })
    this.#lookups.add(lookup)
    lookup.run()
  }

  #heed(node: KnownNode, nodes: readonly KnownNode[] | undefined): readonly KnownNode[] | undefined {
    if (this.#ending.isOver) return undefined
    if (nodes) this.#table.heard(node.key, this.#options.clock.now())
    else {
      this.#table.failed(node.key)
      this.#heedSilence()
    }
    for (const told of nodes ?? []) this.#table.add(told, false)
    return nodes
  }

  #heedSilence(): void {
    const { clock, logger } = this.#options
    const { silence } = this.#wire.questions
    const nowMs = clock.now()
    if (silence < SILENCE_WARNING || nowMs - this.#warnedMs < WARNING_MS) return
    this.#warnedMs = nowMs
    logger.log('warn', 'Nobody answers over UDP: is it blocked, or is the clock wrong by more than 20 s?', { silence })
  }

  async #ask<T>(
    what: string,
    { host, udp }: KnownNode,
    signal: AbortSignal | undefined,
    begin: (done: (answer: T | undefined) => void) => void,
  ): Promise<T> {
    const answer = await this.#until(signal, begin)
    if (answer !== undefined) return answer
    throw searchError('request timeout', DiscReason.readTimeout, `${host}:${udp} did not answer ${what}`)
  }

  async #until<T>(signal: AbortSignal | undefined, begin: (done: (value: T) => void) => void): Promise<T> {
    signal?.throwIfAborted()
    this.#ending.throwIfOver()
    const end = this.#ending.signal(signal)
    try {
      return await abortable(new Promise<T>((resolve) => begin(resolve)), end.signal)
    } finally {
      end.release()
    }
  }
}
