// Checks transactions of strangers within a budget per peer, in slices that leave the event loop free.
import { checkOptions, delay } from '@peerwire/core'
import type { Clock, Crypto } from '@peerwire/core'
import { readTransaction, type Transaction } from './transaction.ts'

/** How much of our time one peer's transactions may take. */
export interface CheckBudget {
  /** Transactions at once; one full answer of go-ethereum. */
  readonly burst: number
  /** Transactions a second after that. A check takes 1.7 ms without a fast crypto provider. */
  readonly perSecond: number
}

export const DEFAULT_BUDGET: CheckBudget = { burst: 256, perSecond: 50 }

/** A budget with its defaults. @throws {TypeError} naming what of it can't be */
export function checkBudget(who: string, given: Partial<CheckBudget> = {}): CheckBudget {
  const { burst, perSecond } = checkOptions(who, given, { burst: 'limit', perSecond: 'number' }, 'budget.')
  return { burst: burst ?? DEFAULT_BUDGET.burst, perSecond: perSecond ?? DEFAULT_BUDGET.perSecond }
}

/** Milliseconds of checking after which others get their turn. */
const SLICE_MS = 5

export interface TransactionCheckerOptions {
  readonly crypto: Crypto
  readonly clock: Clock
  readonly chainId: bigint
  readonly budgetPerPeer?: CheckBudget | undefined
}

export interface TransactionChecker {
  /** The keccak-256 of an envelope. */
  hash(envelope: Uint8Array): Promise<Uint8Array>
  /**
   * Reads and checks an envelope, as soon as the peer's budget allows it. Waiting in a handler holds back the peer's
   * next
   * messages, so a flood stays with the one who sends it.
   *
   * @throws {PeerError} `invalid item`; or the reason of `signal`
   */
  check(peer: string, envelope: Uint8Array, hash: Uint8Array, signal: AbortSignal): Promise<Transaction>
  /** The peer is gone. */
  forget(peer: string): void
}

interface Bucket {
  tokens: number
  atMs: number
}

const KINDS = { crypto: 'thing', clock: 'thing', chainId: 'other', budgetPerPeer: 'thing' } as const

export function createTransactionChecker(options: TransactionCheckerOptions): TransactionChecker {
  const { crypto, clock, chainId, budgetPerPeer } = checkOptions('createTransactionChecker', options, KINDS)
  const budget = checkBudget('createTransactionChecker', budgetPerPeer)
  const buckets = new Map<string, Bucket>()
  const inSlices = createSlices(clock)
  return {
    hash: (envelope) => inSlices(() => crypto.keccak256(envelope)),
    async check(peer, envelope, hash, signal) {
      signal.throwIfAborted()
      const waitMs = takeToken(buckets, peer, budget, clock.now())
      if (waitMs > 0) await delay(clock, waitMs, signal)
      return await inSlices(() => {
        signal.throwIfAborted()
        return readTransaction(envelope, chainId, crypto, hash)
      })
    },
    forget: (peer) => void buckets.delete(peer),
  }
}

// Runs work at once until a slice of time is used up; what comes then waits for the event loop's next turn.
function createSlices(clock: Clock): <T>(work: () => T) => Promise<T> {
  let spentMs = 0
  let nextSlice: Promise<void> | undefined
  const startSlice = async (): Promise<void> => {
    await delay(clock, 0)
    nextSlice = undefined
    spentMs = 0
  }
  return async (work) => {
    while (spentMs >= SLICE_MS) await (nextSlice ??= startSlice())
    const startMs = clock.now()
    try {
      return work()
    } finally {
      spentMs += clock.now() - startMs
    }
  }
}

// Tokens may be owed: each that is owed is a wait of its own length, so that callers come one after another.
function takeToken(buckets: Map<string, Bucket>, peer: string, budget: CheckBudget, nowMs: number): number {
  const bucket = buckets.get(peer) ?? { tokens: budget.burst, atMs: nowMs }
  buckets.set(peer, bucket)
  const refilled = bucket.tokens + ((nowMs - bucket.atMs) / 1000) * budget.perSecond
  bucket.tokens = Math.min(budget.burst, refilled) - 1
  bucket.atMs = nowMs
  return bucket.tokens >= 0 ? 0 : (-bucket.tokens / budget.perSecond) * 1000
}
