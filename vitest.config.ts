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
          include: ['packages/*/src/**/*.test.ts', 'examples/*/*.test.ts'],
          setupFiles,
          testTimeout: UNIT_TEST_MS,
          hookTimeout: UNIT_TEST_MS,
          expect,
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
