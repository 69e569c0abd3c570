// Meets the nodes of a network: by walks, and by visits over UDP first; only who answers there is asked for its name.
import { type Clock, isPeerError, isPublicEndpoint, toHex } from '@peerwire/core'
import {
  type Discv4,
  formatNodeUrl,
  formatRecord,
  inParallel,
  isLocalDiscovery,
  type KnownNode,
  recordForkId,
} from '@peerwire/discovery'
import { tcp } from '@peerwire/transport-tcp'
import { probe } from '../ping/probe.ts'
import { capabilityTexts } from '../relay/report.ts'
import { clientName } from '../version.ts'
import { Visits } from './visits.ts'

/** Milliseconds for a node to say Hello. */
const HELLO_MS = 10_000
/** Milliseconds after which one that was silent over UDP is visited again: packets get lost. */
const SILENT_AGAIN_MS = 5_000
/** The same for one that answered, and did not say Hello: a go-ethereum takes one connection of an address in 30 s. */
const NAMELESS_AGAIN_MS = 31_000

export interface CrawledNode {
  /** Node id and `enode://…`: its TCP port is what it says itself, 0 where it answered and says none. */
  readonly id: string
  readonly url: string
  /** `enr:…`; absent when it gave none. */
  readonly record?: string
  readonly seq?: string
  /** Fork id of its `eth` entry, as `HASH/NEXT`. */
  readonly eth?: string
  /** Whether it answered over UDP, with or without a record. Nobody else is connected to. */
  readonly isLive: boolean
  /** What it said in Hello. */
  readonly name?: string
  readonly caps?: readonly string[]
  /** Why there was no Hello. */
  readonly error?: string
  /** The crawl ended while it was being asked: what is missing might have come. */
  readonly isCutOff?: true
}

export interface CrawlOptions {
  readonly parallel: number
  readonly asksName: boolean
  readonly clock: Clock
  /** Ends the walk. */
  readonly signal: AbortSignal
  /** Milliseconds until a failed visit is made again; default 5 s for the silent and 31 s for the nameless. */
  readonly againMs?: { readonly silent: number; readonly nameless: number } | undefined
  /** Called once for each node, as soon as no further visit can change what is known of it. */
  found(node: CrawledNode): void | Promise<void>
}

/** Walks until the signal aborts; answers how many nodes it has met and had no time to visit. */
export async function crawl(discv4: Discv4, options: CrawlOptions): Promise<{ readonly unvisited: number }> {
  const { parallel, clock, signal, found } = options
  const { silent, nameless } = options.againMs ?? { silent: SILENT_AGAIN_MS, nameless: NAMELESS_AGAIN_MS }
  const visits = new Visits(clock)
  const doors = new Doors()
  /** What failed once. */
  const failed = new Map<string, CrawledNode>()
  const visited = inParallel(toVisit(discv4, visits, signal), parallel, async (node) => ({
    node,
    crawled: await visit(discv4, node, doors, options),
  }))
  for await (const { node, crawled } of visited) {
    const isDone = crawled.isCutOff || (crawled.isLive && crawled.error === undefined)
    // A second visit that the end cuts off takes nothing from what the first one told.
    const best = crawled.isCutOff ? (failed.get(node.key) ?? crawled) : crawled
    if (visits.visited(node, isDone ? 'done' : { againMs: crawled.isLive ? nameless : silent })) {
      failed.delete(node.key)
      await found(best)
    } else failed.set(node.key, best)
  }
  for (const node of failed.values()) await found(node)
  return { unvisited: visits.ready }
}

// Whom walks meet, and those whose second visit is due. Walks go on while nobody else waits.
async function* toVisit(discv4: Discv4, visits: Visits, signal: AbortSignal): AsyncGenerator<KnownNode, void> {
  const walk = discv4.randomNodes(signal)[Symbol.asyncIterator]()
  let walking: Promise<void> | undefined
  let end: { readonly error?: unknown } | undefined
  const meet = async (): Promise<void> => {
    do {
      const next: IteratorResult<KnownNode, unknown> = await walk.next()
      if (next.done) end = {}
      else visits.met(next.value)
    } while (!end && visits.ready === 0)
  }
  const walkOn = async (): Promise<void> => {
    try {
      await meet()
    } catch (error) {
      end = { error }
    }
    walking = undefined
    visits.wake()
  }
  try {
    while (!end && !signal.aborted) {
      const node = visits.take()
      if (node) {
        yield node
        continue
      }
      walking ??= walkOn()
      await visits.due(signal).catch(() => undefined)
    }
  } finally {
    await walk.return?.()
  }
  if (end && 'error' in end) throw end.error
}

/** Keys that may send us to one TCP port: several may move in after each other, but one node has a port for itself. */
const MAX_KEYS_AT_DOOR = 4

/** Who has said to be reached at which TCP port, so that many keys can't have us knock at one door for ever. */
class Doors {
  readonly #keys = new Map<string, Set<string>>()

  mayKnock({ host, tcp: port, key }: KnownNode): boolean {
    const door = `${host} ${port}`
    const keys = this.#keys.get(door) ?? new Set()
    this.#keys.set(door, keys)
    if (!keys.has(key) && keys.size >= MAX_KEYS_AT_DOOR) return false
    keys.add(key)
    return true
  }
}

async function visit(discv4: Discv4, told: KnownNode, doors: Doors, options: CrawlOptions): Promise<CrawledNode> {
  const { signal } = options
  const cut = (): Pick<CrawledNode, 'isCutOff'> => (signal.aborted ? { isCutOff: true } : {})
  const node = await discv4.prove(told, { signal }).catch(() => undefined)
  if (!node) return { id: told.key, url: formatNodeUrl(told), isLive: false, ...cut() }
  // Where it was asked for its port, its record has come already.
  const isAsked = node.record !== undefined && node.record !== told.record
  const [record = node.record, hello] = await Promise.all([
    isAsked ? node.record : discv4.requestRecord(node, { signal }).catch(() => undefined),
    options.asksName && mayDial(discv4, node) ? askName(node, doors, options) : {},
  ])
  const forkId = record && recordForkId(record)
  return {
    id: node.key,
    url: formatNodeUrl(node),
    ...(record ? { record: formatRecord(record), seq: String(record.seq) } : {}),
    ...(forkId ? { eth: `${toHex(forkId.hash)}/${forkId.next}` } : {}),
    isLive: true,
    ...hello,
    ...(record ? {} : cut()),
  }
}

// Strangers don't lead a crawl of the Internet into the network that it is run in.
function mayDial(discv4: Discv4, { host, tcp: port }: KnownNode): boolean {
  return port > 0 && (isLocalDiscovery(discv4) || isPublicEndpoint({ scheme: 'tcp', host, port }))
}

async function askName(
  node: KnownNode,
  doors: Doors,
  { clock, signal }: CrawlOptions,
): Promise<Pick<CrawledNode, 'name' | 'caps' | 'error' | 'isCutOff'>> {
  const { publicKey, host, tcp: port } = node
  if (!doors.mayKnock(node)) return { error: `not asked: ${MAX_KEYS_AT_DOOR} other keys say to be at its TCP port` }
  try {
    const address = { publicKey, endpoint: { scheme: 'tcp', host, port } }
    const options = { transport: tcp(), clock, name: clientName, timeoutMs: HELLO_MS, signal }
    const { hello, refusal } = await probe(address, options)
    if (hello) return { name: hello.name, caps: capabilityTexts(hello.capabilities) }
    return { error: `refused: ${String(refusal)}` }
  } catch (error) {
    if (signal.aborted) return { isCutOff: true }
    return { error: isPeerError(error) ? `${error.code}: ${error.message}` : String(error) }
  }
}
