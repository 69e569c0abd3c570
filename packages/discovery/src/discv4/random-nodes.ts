// Nodes met on random walks, one after another, for as long as somebody asks: nothing is sent while nobody does.
import { abortable, createDeferred, delay } from '@peerwire/core'
import type { Clock, Deferred } from '@peerwire/core'
import type { KnownNode } from './known-node.ts'
import { LOOKUP_INTERVAL_MAX_MS, LOOKUP_INTERVAL_MS } from './limits.ts'

/** Nodes that wait to be taken; one walk meets about this many. */
const MAX_WAITING = 512

export interface WalkHost {
  readonly clock: Clock
  /** Begins a random walk; `found` is called with nodes as they are met, `done` with how many answered. */
  walk(found: (nodes: readonly KnownNode[]) => void, done: (answered: number) => void): void
}

/** An iterator over what random walks meet; ends when `signal` aborts. */
export async function* randomNodes(host: WalkHost, signal: AbortSignal): AsyncGenerator<KnownNode, void> {
  const waiting: KnownNode[] = []
  let news: Deferred<void> = createDeferred()
  let isWalking = false
  let begunMs = -Infinity
  let intervalMs = LOOKUP_INTERVAL_MS
  const begin = (): void => {
    isWalking = true
    begunMs = host.clock.now()
    host.walk(
      (nodes) => {
        waiting.push(...nodes.slice(0, MAX_WAITING - waiting.length))
        news.resolve()
      },
      (answered) => {
        isWalking = false
        // Where nobody answers, asking oftener helps nobody.
        intervalMs = answered > 0 ? LOOKUP_INTERVAL_MS : Math.min(2 * intervalMs, LOOKUP_INTERVAL_MAX_MS)
        news.resolve()
      },
    )
  }
  while (!signal.aborted) {
    const next = waiting.shift()
    if (next) {
      yield next
      continue
    }
    news = createDeferred()
    if (!isWalking) {
      if (!(await pause(host.clock, begunMs + intervalMs, signal))) return
      begin()
    }
    if (waiting.length === 0 && isWalking && !(await settles(news.promise, signal))) return
  }
}

async function pause(clock: Clock, untilMs: number, signal: AbortSignal): Promise<boolean> {
  const leftMs = untilMs - clock.now()
  return leftMs <= 0 || (await settles(delay(clock, leftMs, signal), signal))
}

// `false` when it was aborted: an iterator ends then, and doesn't fail.
async function settles(promise: Promise<void>, signal: AbortSignal): Promise<boolean> {
  try {
    await abortable(promise, signal)
    return true
  } catch (error) {
    if (signal.aborted) return false
    throw error
  }
}
