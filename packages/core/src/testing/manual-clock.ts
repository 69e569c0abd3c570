// A clock that stands still until a test moves it.
import { checkOptions } from '../base/check-options.ts'
import { type Clock, NEVER, type Timer } from '../base/clock.ts'

/** Where `wallNow` starts unless told otherwise: 2026-01-01T00:00:00Z, a fixed date so that logs repeat. */
const WALL_START_MS = 1_767_225_600_000

/**
 * Most timers one `advance` fires, so that a timer that re-arms itself with no delay fails a test instead of hanging
 * it.
 */
const MAX_FIRED = 1_000_000

/** How long `run` lets a promise take unless told otherwise: ten minutes of virtual time. */
const MAX_RUN_MS = 600_000

/** Turns of the real event loop that `run` waits for outside work, such as WebCrypto's, before it gives up. */
const IDLE_TURNS = 200

export interface ManualClockOptions {
  /** What `now` says at first; default 0. */
  readonly startMs?: number | undefined
  /** What `wallNow` says at first; default the start of 2026. It moves along with `now`. */
  readonly wallStartMs?: number | undefined
  /**
   * How far each reading of `now` moves time on, in milliseconds, as it goes on while a program runs; default 0, or
   * what `tickManualClocks` says. Timers that come due so fire at the next move.
   */
  readonly tickMs?: number | undefined
}

export interface ManualClock extends Clock {
  /** Moves time on by `ms`, firing each due timer at its own time and in order, also those set meanwhile. */
  advance(ms: number): void
  /** As `advance`, but lets promise reactions run before the first, between, and after the timers. */
  advanceAsync(ms: number): Promise<void>
  /**
   * Moves time from timer to timer until `promise` settles, and passes on its outcome.
   *
   * @throws {Error} when nothing is set any more that could settle it, or when it takes more than `maxMs` of this clock
   */
  run<T>(promise: Promise<T>, maxMs?: number): Promise<T>
  /** Moves only the wall clock, as a user does who sets the time; negative turns it back. */
  shiftWall(ms: number): void
  /** Timers that are set and have neither fired nor been cancelled. */
  readonly pendingTimers: number
  /** When the next timer is due, in milliseconds of `now`; `undefined` when there is none. */
  readonly nextTimerAt: number | undefined
}

interface Entry {
  readonly dueMs: number
  readonly order: number
  fn: (() => void) | undefined
}

const KINDS = { startMs: 'number', wallStartMs: 'number', tickMs: 'number' } as const

let defaultTickMs = 0

/**
 * Says how far each reading moves the manual clocks that are made from now on and have no `tickMs` of their own: in the
 * setup file of a test runner, for all tests. A decision that reads the clock twice shows itself by it.
 */
export function tickManualClocks(tickMs: number): void {
  defaultTickMs = tickMs
}

/** A clock under the test's hand; two timers due at the same time fire in the order they were set. */
export function createManualClock(options: ManualClockOptions = {}): ManualClock {
  const { startMs = 0, wallStartMs, tickMs = defaultTickMs } = checkOptions('createManualClock', options, KINDS)
  let nowMs = startMs
  let wallOffsetMs = (wallStartMs ?? WALL_START_MS) - startMs
  let order = 0
  const timers = createTimerHeap()

  const fireNext = (untilMs: number): boolean => {
    const next = timers.peek()
    // What comes due by the readings of a move is a part of it.
    if (!next || next.dueMs > Math.max(untilMs, nowMs)) return false
    timers.pop()
    nowMs = Math.max(nowMs, next.dueMs)
    const { fn } = next
    next.fn = undefined
    fn?.()
    return true
  }
  const target = (ms: number): number => {
    if (!(ms >= 0)) throw new RangeError(`time moves on only: ${ms} ms`)
    return nowMs + ms
  }

  return {
    now: () => {
      const readMs = nowMs
      nowMs += tickMs
      return readMs
    },
    // Whole milliseconds, as a platform's.
    wallNow: () => Math.floor(nowMs + wallOffsetMs),
    setTimer: (delayMs, fn): Timer => {
      if (delayMs === Infinity) return NEVER
      const entry: Entry = { dueMs: nowMs + Math.max(0, delayMs || 0), order: order++, fn }
      timers.push(entry)
      return { cancel: () => timers.cancel(entry) }
    },
    advance: (ms) => {
      const untilMs = target(ms)
      for (let fired = 0; fireNext(untilMs); fired++) checkFired(fired)
      nowMs = Math.max(nowMs, untilMs)
    },
    advanceAsync: async (ms) => {
      const untilMs = target(ms)
      await withTurns(async (turn) => {
        await turn()
        for (let fired = 0; fireNext(untilMs); fired++) {
          checkFired(fired)
          await turn()
        }
      })
      nowMs = Math.max(nowMs, untilMs)
    },
    run: async (promise, maxMs = MAX_RUN_MS) => {
      const untilMs = nowMs + maxMs
      let settled = false
      const settle = (): void => {
        settled = true
      }
      promise.then(settle, settle)
      await withTurns(async (turn) => {
        await turn()
        for (let idle = 0; !settled; await turn()) {
          if (fireNext(untilMs)) idle = 0
          else if (timers.peek()) throw new Error(`a promise was not settled within ${maxMs} ms`)
          else if (++idle > IDLE_TURNS) throw new Error('a promise waits for ever: no timer is set')
          else await new Promise((resolve) => setTimeout(resolve, 0))
        }
      })
      return await promise
    },
    shiftWall: (ms) => {
      wallOffsetMs += ms
    },
    get pendingTimers() {
      return timers.size
    },
    get nextTimerAt() {
      return timers.peek()?.dueMs
    },
  }
}

/** Lets everything run that waits for nothing but promises. */
export async function drainMicrotasks(): Promise<void> {
  await withTurns(async (turn) => await turn())
}

// A turn of the event loop is over when no microtask is left, however long their chain. A message is its cheapest
// form that pages and Node share; the channel is closed again, as it would keep a process alive.
async function withTurns(use: (turn: () => Promise<void>) => Promise<void>): Promise<void> {
  const { port1, port2 } = new MessageChannel()
  try {
    await use(
      () =>
        new Promise((resolve) => {
          port1.onmessage = () => resolve()
          port2.postMessage(0)
        }),
    )
  } finally {
    port1.close()
  }
}

function checkFired(fired: number): void {
  if (fired >= MAX_FIRED) throw new RangeError(`${MAX_FIRED} timers fired in one advance: a timer re-arms itself`)
}

interface TimerHeap {
  readonly size: number
  peek(): Entry | undefined
  pop(): void
  push(entry: Entry): void
  cancel(entry: Entry): void
}

// A binary heap; cancelled entries stay until they come up, or until they are the greater part.
function createTimerHeap(): TimerHeap {
  let heap: Entry[] = []
  let dead = 0
  const before = (a: Entry, b: Entry): boolean => a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order)
  const up = (entry: Entry): void => {
    let at = heap.push(entry) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(entry, heap[parent]!)) break
      heap[at] = heap[parent]!
      at = parent
    }
    heap[at] = entry
  }
  const removeTop = (): void => {
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++
      if (!before(heap[child]!, last)) break
      heap[at] = heap[child]!
      at = child
    }
    heap[at] = last
  }
  const peek = (): Entry | undefined => {
    while (heap[0] && !heap[0].fn) {
      removeTop()
      dead--
    }
    return heap[0]
  }
  return {
    get size() {
      return heap.length - dead
    },
    peek,
    pop: removeTop,
    push: up,
    cancel: (entry) => {
      if (!entry.fn) return
      entry.fn = undefined
      dead++
      if (dead < 64 || dead < heap.length / 2) return
      heap = heap.filter((kept) => kept.fn).toSorted((a, b) => (before(a, b) ? -1 : 1))
      dead = 0
    },
  }
}
