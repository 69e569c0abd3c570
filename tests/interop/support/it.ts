// `it` with go-ethereum at hand: whatever a test starts through these is gone when it ends, however it ends.
import { test } from 'vitest'
import { startGethPeer } from './gethpeer.ts'
import type { GethPeer } from './gethpeer.ts'
import { startRealGeth } from './real-geth.ts'
import type { RealGeth, RealGethOptions } from './real-geth.ts'
import { startTestNode } from './test-node.ts'
import type { TestNode, TestNodeOptions } from './test-node.ts'

interface Fixtures {
  /** Starts a gethpeer with these flags. */
  readonly gethpeer: (...args: readonly string[]) => Promise<GethPeer>
  /** Starts a node of ours that listens on TCP. */
  readonly testNode: (options?: TestNodeOptions) => Promise<TestNode>
  readonly realGeth: (options?: RealGethOptions) => Promise<RealGeth>
  /** Called at the end, the last one first; for what else a test opens. */
  readonly cleanUp: (step: () => unknown) => void
}

export const it = test.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern
  cleanUp: async ({}, use) => {
    const steps: (() => unknown)[] = []
    await use((step) => steps.push(step))
    for (const step of steps.toReversed()) await step()
  },
  gethpeer: async ({ cleanUp }, use) => {
    await use(async (...args) => {
      const peer = await startGethPeer(args)
      cleanUp(() => peer.kill())
      return peer
    })
  },
  testNode: async ({ cleanUp }, use) => {
    await use(async (options) => {
      const ours = await startTestNode(options)
      cleanUp(() => ours.node.close())
      return ours
    })
  },
  realGeth: async ({ cleanUp }, use) => {
    await use(async (options) => {
      const geth = await startRealGeth(options)
      cleanUp(() => geth.kill())
      return geth
    })
  },
})
