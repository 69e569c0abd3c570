// One runner for all tests; `scripts/test.mjs` says which projects run, in which order, and counts them.
import { defineConfig } from 'vitest/config'
import { workspaceSources } from './scripts/lib/sources.mjs'

/** A long run does more rounds. */
const PATIENCE = process.env['PEERWIRE_LONG'] === '1' ? 20 : 1
/** Milliseconds; sockets, browsers and Go programs share two cores with everything else. */
const SLOW_TEST_MS = 120_000 * PATIENCE
const UNIT_TEST_MS = 30_000 * PATIENCE

/** How long `expect.poll` waits: only what never comes is given up. */
const expect = { poll: { timeout: 45_000 } }

const plugins = [workspaceSources(['node'])]
const setupFiles = ['tests/support/seed.ts', 'tests/support/clock.ts', 'tests/support/port-guard.ts']

/**
 * What waits runs under two clocks: in `unit` under one that ticks at each reading, and in `still` under one that
 * stands, as a platform's may that rounds. These are the files that take little, so that it costs a few seconds.
 */
const WAITING = [
  'packages/core/src/{base,standing,rlpx}/{wheel,standing,key-pair-pool,flood-guard}.test.ts',
  'packages/core/src/book/{book-keeper,strangers}.test.ts',
  'packages/core/src/dialing/dialer.test.ts',
  'packages/core/src/inventory/{deadlines,inventory,plugin,timing}.test.ts',
  'packages/core/src/node/{gate,listeners,node,plugins,probe,turns}.test.ts',
  'packages/core/src/peers/*.test.ts',
  'packages/core/src/protocols/inv-network.test.ts',
  'packages/discovery/src/discv4/{bounds,node-store,self-portrait,table}.test.ts',
  'packages/eth/src/{checker,status-exchange}.test.ts',
]
/** And those that take long, in a long run. */
const WAITING_LONG = [
  'packages/core/src/book/address-book.test.ts',
  'packages/core/src/node/{checkpoints,flow,life}.test.ts',
  'packages/core/src/protocols/addr/gossip.test.ts',
  'packages/discovery/src/**/{dns,hostile,life,plugin}.test.ts',
  'packages/eth/src/{blocks,transactions}.test.ts',
]

/** Everything in `tests/` that has no project of its own. */
const OTHER_PROJECTS = [
  'tests/packaging/**',
  'tests/repository/**',
  'tests/browser/**',
  'tests/interop/**',
  'tests/tools/**',
]

export default defineConfig({
  test: {
    // Two cores are what a plain machine has.
    maxWorkers: 2,
    reporters: ['default'],
    projects: [
      {
        plugins,
        test: {
          name: 'unit',
          isolate: false,
          include: ['packages/*/src/**/*.test.ts', 'examples/*/*.test.ts'],
          setupFiles,
          testTimeout: UNIT_TEST_MS,
          hookTimeout: UNIT_TEST_MS,
          expect,
          sequence: { groupOrder: 0 },
        },
      },
      {
        plugins,
        test: {
          name: 'still',
          include: PATIENCE > 1 ? [...WAITING, ...WAITING_LONG] : WAITING,
          setupFiles,
          testTimeout: UNIT_TEST_MS,
          env: { PEERWIRE_CLOCK: 'still' },
          // Once more what is in `unit`: the modules are loaded once for all files.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      slowProject('sockets', ['tests/**/*.test.ts'], 1, OTHER_PROJECTS),
      slowProject('packaging', ['tests/packaging/**/*.test.ts', 'tests/repository/**/*.test.ts'], 2),
      slowProject('browser', ['tests/browser/**/*.test.ts'], 3),
      slowProject('interop', ['tests/interop/**/*.test.ts'], 4),
      slowProject('tools', ['tests/tools/**/*.test.ts'], 5),
    ],
  },
})

function slowProject(name: string, include: string[], groupOrder: number, exclude: string[] = []) {
  return {
    plugins,
    test: {
      name,
      isolate: false,
      include,
      exclude: ['**/node_modules/**', ...exclude],
      setupFiles,
      testTimeout: SLOW_TEST_MS,
      hookTimeout: SLOW_TEST_MS,
      expect,
      sequence: { groupOrder },
      // Named by the runner when a program these tests need can't be had: tests and hooks are skipped then.
      ...(process.env['PEERWIRE_SKIP_PROJECT'] === name ? { testNamePattern: /$^/ } : {}),
    },
  }
}
