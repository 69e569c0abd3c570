// The packages of the workspace as the packaging tests see them.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readPackages } from '../../../scripts/lib/sources.mjs'

/** A target of `exports` or `imports`: a path, or paths by condition. */
export type Target = string | null | { readonly [condition: string]: Target }

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly private?: boolean
  readonly bin?: Readonly<Record<string, string>>
  readonly exports: Readonly<Record<string, Target>>
  readonly imports?: Readonly<Record<string, Target>>
  readonly dependencies?: Readonly<Record<string, string>>
}

export interface WorkspacePackage {
  readonly path: string
  readonly manifest: Manifest
}

/** What is published. A folder whose main entry has no source yet is a package that is only planned. */
export function publishedPackages(): readonly WorkspacePackage[] {
  const all = readPackages() as readonly WorkspacePackage[]
  return all.filter(({ path, manifest }) => manifest.private !== true && hasSource(path, manifest))
}

function hasSource(folder: string, { exports }: Manifest): boolean {
  const built = pathsOf(exports['.']).find((path) => path.endsWith('.js')) ?? ''
  return existsSync(join(folder, built.replace('./dist/', 'src/').replace(/\.js$/, '.ts')))
}

/** Every path that `target` can lead to. */
export function pathsOf(target: Target | undefined): readonly string[] {
  if (typeof target === 'string') return [target]
  return Object.values(target ?? {}).flatMap(pathsOf)
}

/** What a program writes to import each entry: `@peerwire/core`, `@peerwire/core/rlpx`, … */
export function entriesOf({ name, exports }: Manifest): readonly string[] {
  return Object.keys(exports)
    .filter((key) => !key.endsWith('.json') && !key.includes('*'))
    .map((key) => name + key.slice(1))
}
