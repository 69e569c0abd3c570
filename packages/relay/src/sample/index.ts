// A source of sample transactions: a peer of its own, over TCP, that announces real signed ones of a network of its
// own.
import {
  type Clock,
  createNode,
  generatePrivateKey,
  type Logger,
  portableCrypto,
  type Random,
  randomBelow,
  systemClock,
  systemRandom,
  type Timer,
} from '@peerwire/core'
import { inventory as createInventory } from '@peerwire/core/inventory'
import { eth, metaOf, TRANSACTION_KIND } from '@peerwire/eth'
import { tcp } from '@peerwire/transport-tcp'
import { sampleNetwork } from './network.ts'
import { createSampleTransactions } from './transactions.ts'

export { SAMPLE_CHAIN_ID, SAMPLE_NETWORK_ID, sampleNetwork } from './network.ts'

/** Enough to see something happen, few enough to read. */
const RATE_PER_SECOND = 2
/** What a relay that connects again is told of: the last half minute. */
const TOLD_TO_NEWCOMER = 60
/** Bytes of transactions that can still be asked for; at 2 a second this is some ten minutes of them. */
const STORE_BYTES = 768 * 1024
/** The relay, and a few who want to look. */
const MAX_PEERS = 8

export interface SampleSourceOptions {
  /** Transactions a second; default 2. */
  readonly ratePerSecond?: number | undefined
  /** Closes the source. */
  readonly signal?: AbortSignal | undefined
  readonly clock?: Clock | undefined
  /** Accounts, amounts and pauses are drawn from it; the node's own key always comes from the platform. */
  readonly random?: Random | undefined
  readonly logger?: Logger | undefined
}

export interface SampleSource {
  /** `enode://KEY@127.0.0.1:PORT`, for a relay to connect to. */
  readonly address: string
  close(): Promise<void>
}

/** Starts a source on a free port of 127.0.0.1. It makes transactions whether or not anybody listens. */
export async function startSampleSource(options: SampleSourceOptions = {}): Promise<SampleSource> {
  const { ratePerSecond = RATE_PER_SECOND, signal, clock = systemClock, random = systemRandom, logger } = options
  if (!(ratePerSecond > 0 && ratePerSecond <= 1000)) {
    throw new RangeError(`ratePerSecond must be above 0 and at most 1000, not ${ratePerSecond}`)
  }
  signal?.throwIfAborted()
  const inventory = createInventory({ limits: { storeBytes: STORE_BYTES, toldToNewcomer: TOLD_TO_NEWCOMER } })
  const node = createNode({
    name: 'peerwire-sample',
    privateKey: generatePrivateKey(),
    transports: [tcp({ listen: 'tcp://127.0.0.1:0' })],
    plugins: [inventory, eth({ network: sampleNetwork(), inventory })],
    maxPeers: MAX_PEERS,
    maxInbound: MAX_PEERS,
    clock,
    logger,
  })
  await node.start()
  const next = createSampleTransactions(random, portableCrypto)
  const announce = (): void => {
    const { hash, envelope } = next()
    const meta = metaOf({ type: envelope[0]!, size: envelope.length })
    inventory.received(undefined, { kind: TRANSACTION_KIND, id: hash, meta, bytes: envelope, isPassedOn: true })
  }
  const stop = repeat(clock, () => pauseMs(random, ratePerSecond), announce)
  const close = async (): Promise<void> => {
    signal?.removeEventListener('abort', onAbort)
    stop()
    await node.close()
  }
  const onAbort = (): void => void close()
  signal?.addEventListener('abort', onAbort, { once: true })
  if (signal?.aborted) await close()
  return { address: node.addresses[0]!, close }
}

/** Half to one and a half times the mean, so that it looks like a network and not like a clock. */
function pauseMs(random: Random, ratePerSecond: number): number {
  const meanMs = 1000 / ratePerSecond
  return meanMs / 2 + (meanMs * randomBelow(random, 1001)) / 1000
}

/** Calls `action` again and again, the first time at once; the answer ends that. */
function repeat(clock: Clock, delayMs: () => number, action: () => void): () => void {
  let timer: Timer
  const turn = (): void => {
    timer = clock.setTimer(delayMs(), turn)
    action()
  }
  turn()
  return () => timer.cancel()
}
