import { describe, it } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { createManualClock } from './manual-clock.ts'
import { createMemoryNetwork, type MemoryNetworkOptions } from './memory-transport.ts'
import { createCaseServer, transportCases, type TransportEnv } from './transport-suite.ts'

type Traits = Omit<MemoryNetworkOptions, 'clock' | 'random'>

const ROUNDS: readonly {
  readonly title: string
  readonly seed: number
  readonly bulkBytes?: number
  readonly maxUnderWayBytes?: number
  readonly traits: Traits
}[] = [
  { title: 'at once, whole writes', seed: 1, traits: {} },
  {
    title: 'pieces of one byte',
    seed: 2,
    bulkBytes: 30_000,
    maxUnderWayBytes: 80_000,
    traits: { split: 1, windowBytes: 1_000, highWaterBytes: 3_000 },
  },
  { title: 'random pieces, 20 ms', seed: 3, traits: { split: 'random', delayMs: 20 } },
  { title: 'random pieces, 0 to 90 ms', seed: 4, bulkBytes: 2_000_000, traits: { split: 'random', delayMs: [0, 90] } },
  {
    title: 'a narrow window',
    seed: 5,
    bulkBytes: 500_000,
    traits: { split: 7_000, delayMs: [1, 5], windowBytes: 10_000 },
  },
]

describe.each(ROUNDS)(
  'the acceptance suite over memory: $title, seed $seed',
  ({ seed, bulkBytes, maxUnderWayBytes = 1_000_000, traits }) => {
    it.each(transportCases())('$name', async ({ run }) => {
      const clock = createManualClock()
      const network = createMemoryNetwork({ clock, random: seededRandom(seed), ...traits })
      const server = createCaseServer(clock)
      const listeners = await network.transport('server', { listen: true }).listen!(server.handlers)
      const { endpoint } = listeners[0]!
      network.blackHole('client', 'hole', true)
      const env: TransportEnv = {
        transport: network.transport('client'),
        endpoint,
        refusing: { ...endpoint, port: 9 },
        hanging: { ...endpoint, host: 'hole' },
        clock,
        canPauseReading: true,
        tellsRefusals: true,
        bulkBytes,
        maxUnderWayBytes,
      }
      await clock.run(run(env))
      server.close()
      await clock.advanceAsync(10_000)
    })
  },
)
