// What the tests with tools of others have: the toolbox of the package registry, and programs of the machine.
import { accessSync, constants, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { describe } from 'vitest'
import { toolboxFolder } from '../../../scripts/lib/toolbox.mjs'

/** Why the toolbox isn't there; with `CI` set the tests run all the same, and fail. */
const noToolbox = process.env['CI'] ? undefined : process.env['PEERWIRE_NO_TOOLBOX']
/** Programs that `.ci/run` has installed: there they are never left out. */
const expected = (process.env['PEERWIRE_EXPECTED_PROGRAMS'] ?? '').split(' ')
/** Servers are not on every user's path. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']

/** A block of tests that need the toolbox; without it they count as skipped, and the title says why. */
export function describeWithToolbox(title: string, tests: () => void): void {
  describe.skipIf(noToolbox)(noToolbox ? `${title} (left out: ${noToolbox})` : title, tests)
}

/** A block of tests that need a program; without it they count as skipped, and the title says so. */
export function describeWithProgram(title: string, name: string, tests: (program: string) => void): void {
  const found = findProgram(name)
  const isLeftOut = found === undefined && !expected.includes(name)
  describe.skipIf(isLeftOut)(isLeftOut ? `${title} (left out: ${name} is not installed)` : title, () =>
    tests(found ?? name),
  )
}

/** The path of a program; absent when it is not installed. */
export function findProgram(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** A path inside a package of the toolbox; links are followed, so that what it needs is found beside it. */
export function inToolbox(packageName: string, ...path: readonly string[]): string {
  return join(realpathSync(join(toolboxFolder, 'node_modules', packageName)), ...path)
}

/** A package that is there for this platform alone, beside the one that asks for it. */
export function besideInToolbox(packageName: string, beside: string, ...path: readonly string[]): string {
  const up = packageName.split('/').map(() => '..')
  return join(realpathSync(join(inToolbox(packageName), ...up, beside)), ...path)
}
