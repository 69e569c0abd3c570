// The packages of the workspace as the packaging tests see them.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readPackages } from '../../../scripts/lib/sources.mjs'
/** What is published. A folder whose main entry has no source yet is a package that is only planned. */
export function publishedPackages() {
  const all = readPackages()
  return all.filter(({ path, manifest }) => manifest.private !== true && hasSource(path, manifest))
}
function hasSource(folder, { exports }) {
  const built = pathsOf(exports['.']).find((path) => path.endsWith('.js')) ?? ''
  return existsSync(join(folder, built.replace('./dist/', 'src/').replace(/\.js$/, '.ts')))
}
/** Every path that `target` can lead to. */
export function pathsOf(target) {
  if (typeof target === 'string') return [target]
  return Object.values(target ?? {}).flatMap(pathsOf)
}
/** What a program writes to import each entry: `@peerwire/core`, `@peerwire/core/rlpx`, … */
export function entriesOf({ name, exports }) {
  return Object.keys(exports)
    .filter((key) => !key.endsWith('.json') && !key.includes('*'))
    .map((key) => name + key.slice(1))
}
