// The packages of the workspace as the packaging tests see them.
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

/** What is published: every package that isn't private. */
export function publishedPackages(): readonly WorkspacePackage[] {
  const all = readPackages() as readonly WorkspacePackage[]
  return all.filter(({ manifest }) => manifest.private !== true)
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
