// The version of this package, from its own manifest.
import { readFileSync } from 'node:fs'

/** `0.1.0`; read once. */
export const version: string = readVersion()

/** What Hello and the well-known document call this program. */
export const clientName: string = `peerwire/v${version}/${process.platform}-${process.arch}/node${process.versions.node}`

/** When this program was built, in milliseconds since 1970; absent in a tree of sources. */
export const builtMs: number | undefined = readBuilt()

function readBuilt(): number | undefined {
  try {
    const built: unknown = JSON.parse(readFileSync(new URL('./built.json', import.meta.url), 'utf8'))
    const { builtMs } = built as { readonly builtMs?: unknown }
    return typeof builtMs === 'number' ? builtMs : undefined
  } catch {
    return undefined
  }
}

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const { version } = manifest as { readonly version?: unknown }
  return typeof version === 'string' ? version : 'unknown'
}
