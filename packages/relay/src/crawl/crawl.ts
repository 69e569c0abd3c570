// Meets the nodes of a network: everyone once, by walks, records and Hello.
import { type Clock, isPeerError, isPublicEndpoint } from '@peerwire/core'
import {
  type Discv4,
  formatNodeUrl,
  formatRecord,
  inParallel,
  isLocalDiscovery,
  type KnownNode,
  recordForkId,
} from '@peerwire/discovery'
import { toHex } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { probe } from '../ping/probe.ts'
import { capabilityTexts } from '../relay/report.ts'
import { clientName } from '../version.ts'

/** Nodes that one crawl holds, about 1 KiB each; the largest network has some ten thousands. */
export const MAX_NODES = 100_000
/** Milliseconds for a node to say Hello. */
const HELLO_MS = 10_000

export interface CrawledNode {
  /** Node id and `enode://…`. */
  readonly id: string
  readonly url: string
  /** `enr:…`; absent when it gave none. */
  readonly record?: string
  readonly seq?: string
  /** Fork id of its `eth` entry, as `HASH/NEXT`. */
  readonly eth?: string
  /** Whether it answered over UDP. */
  readonly isLive: boolean
  /** What it said in Hello. */
  readonly name?: string
  readonly caps?: readonly string[]
  /** Why there was no Hello. */
  readonly error?: string
}

export interface CrawlOptions {
  readonly parallel: number
  readonly asksName: boolean
  readonly clock: Clock
  /** Ends the walk. */
  readonly signal: AbortSignal
  found(node: CrawledNode): void
}

/** Walks until the signal aborts. */
export async function crawl(discv4: Discv4, options: CrawlOptions): Promise<readonly CrawledNode[]> {
  const { parallel, signal, found } = options
  const nodes = new Map<string, CrawledNode>()
  const visited = inParallel(strangers(discv4, signal), parallel, (node) => visit(discv4, node, options))
  for await (const node of visited) {
    nodes.set(node.id, node)
    found(node)
  }
  return [...nodes.values()]
}

// Everyone once.
async function* strangers(discv4: Discv4, signal: AbortSignal): AsyncGenerator<KnownNode, void> {
  const seen = new Set<string>()
  for await (const node of discv4.randomNodes(signal)) {
    if (seen.has(node.key)) continue
    seen.add(node.key)
    yield node
    if (seen.size >= MAX_NODES) return
  }
}

async function visit(discv4: Discv4, node: KnownNode, options: CrawlOptions): Promise<CrawledNode> {
  const [record, hello] = await Promise.all([
    discv4.requestRecord(node, { signal: options.signal }).catch(() => undefined),
    options.asksName && mayDial(discv4, node) ? askName(node, options) : {},
  ])
  const forkId = record && recordForkId(record)
  return {
    id: node.key,
    url: formatNodeUrl(node),
    ...(record ? { record: formatRecord(record), seq: String(record.seq) } : {}),
    ...(forkId ? { eth: `${toHex(forkId.hash)}/${forkId.next}` } : {}),
    isLive: record !== undefined,
    ...hello,
  }
}

// Strangers don't lead a crawl of the Internet into the network that it is run in.
function mayDial(discv4: Discv4, { host, tcp: port }: KnownNode): boolean {
  return port > 0 && (isLocalDiscovery(discv4) || isPublicEndpoint({ scheme: 'tcp', host, port }))
}

async function askName(
  { publicKey, host, tcp: port }: KnownNode,
  { clock, signal }: CrawlOptions,
): Promise<Pick<CrawledNode, 'name' | 'caps' | 'error'>> {
  try {
    const address = { publicKey, endpoint: { scheme: 'tcp', host, port } }
    const options = { transport: tcp(), clock, name: clientName, timeoutMs: HELLO_MS, signal }
    const { hello, refusal } = await probe(address, options)
    if (hello) return { name: hello.name, caps: capabilityTexts(hello.capabilities) }
    return { error: `refused: ${String(refusal)}` }
  } catch (error) {
    return { error: isPeerError(error) ? `${error.code}: ${error.message}` : String(error) }
  }
}
