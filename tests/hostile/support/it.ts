// `it` with a target to attack: whatever a test opens through these is gone when it ends, however it ends.
import { test } from 'vitest'
import { listenAsAttacker } from './attacker.ts'
import type { Attacker, AttackerListener } from './attacker.ts'
import { startTarget } from './target.ts'
import type { Target, TargetOptions } from './target.ts'

interface Fixtures {
  /** Called at the end, the last one first. */
  readonly cleanUp: (step: () => unknown) => void
  readonly startTarget: (options?: TargetOptions) => Promise<Target>
  /** One with default options. */
  readonly target: Target
  /** Waits for dials. */
  readonly trap: AttackerListener
}

export const it = test.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern
  cleanUp: async ({}, use) => {
    const steps: (() => unknown)[] = []
    await use((step) => steps.push(step))
    for (const step of steps.toReversed()) await step()
  },
  startTarget: async ({ cleanUp }, use) => {
    await use(async (options) => {
      const target = await startTarget(options)
      cleanUp(() => target.close())
      return track(target, cleanUp)
    })
  },
  target: async ({ startTarget: start }, use) => {
    await use(await start())
  },
  trap: async ({ cleanUp }, use) => {
    const trap = await listenAsAttacker()
    cleanUp(() => trap.close())
    await use(trap)
  },
})

function track(target: Target, cleanUp: (step: () => unknown) => void): Target {
  const tracked = async (opening: Promise<Attacker>): Promise<Attacker> => {
    const attacker = await opening
    cleanUp(() => attacker.end())
    return attacker
  }
  return {
    ...target,
    attack: () => tracked(target.attack()),
    session: () => tracked(target.session()),
    greeted: (options) => tracked(target.greeted(options)),
  }
}
