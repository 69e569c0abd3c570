// Lets Vite and Vitest read the workspace's packages from their TypeScript sources, so that no test sees a stale build.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Every package under `packages/`, with its folder and its manifest. */
export function readPackages() {
  const folder = join(root, 'packages')
  return readdirSync(folder)
    .map((name) => join(folder, name))
    .filter((path) => existsSync(join(path, 'package.json')))
    .map((path) => ({ path, manifest: JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) }))
}

/**
 * A Vite plugin that turns `@peerwire/core/rlpx` into that package's `src/rlpx/index.ts`, by the very `exports` and
 * `imports` that are published; only `./dist/x.js` is read as `./src/x.ts`.
 *
 * @param {readonly string[]} conditions - export conditions besides `default`: `['node']` or `['browser']`
 */
export function workspaceSources(conditions) {
  const packages = readPackages()
  const wanted = new Set([...conditions, 'import', 'default'])
  return {
    name: 'peerwire:workspace-sources',
    enforce: 'pre',
    resolveId(source, importer) {
      const found = source.startsWith('#') ? ownImport(packages, source, importer) : packageExport(packages, source)
      const target = found && pick(found.target, wanted)
      return target ? sourceOf(join(found.path, target)) : undefined
    },
  }
}

function packageExport(packages, source) {
  const owner = packages.find(({ manifest }) => source === manifest.name || source.startsWith(`${manifest.name}/`))
  return owner && { path: owner.path, target: owner.manifest.exports?.[`.${source.slice(owner.manifest.name.length)}`] }
}

function ownImport(packages, source, importer) {
  const owner = packages.find(({ path }) => importer?.startsWith(path + sep))
  return owner && { path: owner.path, target: owner.manifest.imports?.[source] }
}

/** The first target whose conditions are all wanted; conditions are tried in their written order, as Node does. */
export function pick(target, wanted) {
  if (typeof target === 'string' || target == null) return target
  for (const [condition, inner] of Object.entries(target)) {
    const found = wanted.has(condition) ? pick(inner, wanted) : undefined
    if (found) return found
  }
  return undefined
}

function sourceOf(built) {
  const source = built.replace(`${sep}dist${sep}`, `${sep}src${sep}`).replace(/\.js$/, '.ts')
  return existsSync(source) ? source : undefined
}
