// The version of this package, from its own manifest.
import { readFileSync } from 'node:fs'

/** `0.1.0`; read once. */
export const version: string = readVersion()

/** What Hello and the well-known document call this program. */
export const clientName: string = `peerwire/v${version}/${process.platform}-${process.arch}/node${process.versions.node}`

function readVersion(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  const { version } = manifest as { readonly version?: unknown }
  return typeof version === 'string' ? version : 'unknown'
}
