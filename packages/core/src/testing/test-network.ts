// Real nodes over memory links under one manual clock, in one line.
import { checkOptions } from '../base/check-options.ts'
import { seededRandom } from '../base/random.ts'
import type { Random } from '../base/random.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { createNode } from '../node/node.ts'
import type { Node } from '../node/node.ts'
import type { NodeOptions } from '../node/options.ts'
import type { Peer } from '../wire/peer.ts'
import type { Offer } from '../wire/protocol.ts'
import { createManualClock } from './manual-clock.ts'
import type { ManualClock } from './manual-clock.ts'
import { createMemoryNetwork } from './memory-transport.ts'
import type { MemoryNetwork } from './memory-transport.ts'

/** Virtual milliseconds that a wait may take before it is given up. */
const PATIENCE_MS = 60_000
/** Steps in which virtual time moves while something is waited for. */
const STEP_MS = 25

export interface TestNetworkOptions {
  /** Same seed, same run; default 1. */
  readonly seed?: number | undefined
  /** How long bytes are under way, in virtual milliseconds; default 0. */
  readonly delayMs?: number | readonly [least: number, most: number] | undefined
  /** How far each reading moves the clock; see `createManualClock`. */
  readonly tickMs?: number | undefined
  /** Bytes that may be under way in one direction, default 256 KiB: with `delayMs` it makes a slow link. */
  readonly windowBytes?: number | undefined
  /** Options of each node beside keys, transports and protocols. */
  readonly options?: (index: number) => Partial<NodeOptions>
}

export interface TestNetwork {
  readonly nodes: readonly Node[]
  readonly clock: ManualClock
  readonly random: Random
  /** Cuts links and swallows bytes; hosts are named `node0`, `node1`, … */
  readonly network: MemoryNetwork
  /** Lets one node dial another; gives the peer as the dialer sees it. */
  connect(from: number, to: number): Promise<Peer>
  /** Lets virtual time pass until the promise settles. */
  until<T>(promise: Promise<T>): Promise<T>
  advance(ms: number): Promise<void>
  close(): Promise<void>
}

const KINDS = { seed: 'count', delayMs: 'other', windowBytes: 'limit', tickMs: 'number', options: 'call' } as const

/**
 * Starts `count` nodes that offer the same protocols, or what a function gives for each index.
 *
 * @throws {Error} from `until`, `connect` and `close` when nothing happened within a minute of virtual time
 */
export async function testNetwork(
  count: number,
  protocols: readonly Offer[] | ((index: number) => readonly Offer[]),
  given: TestNetworkOptions = {},
): Promise<TestNetwork> {
  const { seed = 1, delayMs, windowBytes, tickMs, options } = checkOptions('testNetwork', given, KINDS)
  const clock = createManualClock({ tickMs })
  const random = seededRandom(seed)
  const network = createMemoryNetwork({ clock, random, delayMs, windowBytes, split: 'random' })
  const nodes = Array.from({ length: count }, (_, index) =>
    createNode({
      privateKey: generatePrivateKey(random),
      transports: [network.transport(`node${index}`, { listen: true })],
      protocols: typeof protocols === 'function' ? protocols(index) : protocols,
      clock,
      random,
      ...definedOf(options?.(index) ?? {}),
    }),
  )
  const until = <T>(promise: Promise<T>): Promise<T> => passUntil(clock, promise)
  await Promise.all(nodes.map((node) => node.start()))
  return {
    nodes,
    clock,
    random,
    network,
    until,
    connect: (from, to) => until(at(nodes, from).dial(at(nodes, to).addresses[0]!)),
    advance: (ms) => clock.advanceAsync(ms),
    close: async () => void (await until(Promise.all(nodes.map((node) => node.close())))),
  }
}

// What is `undefined` leaves the network's own in place.
function definedOf<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}

async function passUntil<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let settled = false
  const mark = (): void => void (settled = true)
  promise.then(mark, mark)
  for (let passedMs = 0; !settled && passedMs < PATIENCE_MS; passedMs += STEP_MS) await clock.advanceAsync(STEP_MS)
  if (!settled) throw new Error(`nothing happened within ${PATIENCE_MS} ms of virtual time`)
  return await promise
}

function at(nodes: readonly Node[], index: number): Node {
  const node = nodes[index]
  if (!node) throw new RangeError(`no node ${index} among ${nodes.length}`)
  return node
}
