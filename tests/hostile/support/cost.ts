// What an attack costs its victim, with room for whatever else runs here: a bound for the order of magnitude only.
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How often memory is looked at. */
const SAMPLE_MS = 10

export interface Cost {
  /** Most memory in use at any moment looked at, above that before; garbage of both sides counts. */
  readonly peakBytes: number
  /** The longest time in which nothing else could run. */
  readonly stallMs: number
}

export async function costOf(attack: () => Promise<unknown>): Promise<Cost> {
  const before = memory()
  let peak = before
  const timer = setInterval(() => {
    peak = Math.max(peak, memory())
  }, SAMPLE_MS)
  const delay = monitorEventLoopDelay({ resolution: SAMPLE_MS })
  delay.enable()
  try {
    await attack()
  } finally {
    delay.disable()
    clearInterval(timer)
  }
  return { peakBytes: Math.max(peak, memory()) - before, stallMs: delay.max / 1e6 }
}

function memory(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
