// What the tests with tools of others have: the toolbox of the package registry, and programs of the machine.
import { accessSync, constants, realpathSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { toolboxFolder } from '../../../scripts/lib/toolbox.mjs'

/** Why the toolbox isn't there; with `CI` set the tests run all the same, and fail. */
const noToolbox = process.env['CI'] ? undefined : process.env['PEERWIRE_NO_TOOLBOX']
/** Programs that `.ci/run` has installed: there they are never left out. */
const expected = (process.env['PEERWIRE_EXPECTED_PROGRAMS'] ?? '').split(' ')
/** Servers are not on every user's path. */
const FOLDERS = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']

/** Why a block of tests that need the toolbox is left out: its tests count as skipped then. */
export function lacksToolbox(): string | undefined {
  return noToolbox && tell(noToolbox)
}

/** Why a block of tests that need a program is left out; one that `.ci/run` has installed is never. */
export function lacksProgram(name: string): string | undefined {
  if (expected.includes(name) || findProgram(name) !== undefined) return undefined
  return tell(`${name} is not installed`)
}

function tell(why: string): string {
  process.stderr.write(`Left out: ${why}.\n`)
  return why
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
