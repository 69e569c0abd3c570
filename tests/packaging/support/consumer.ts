// A project of a user: the packed packages, installed in a folder far from the workspace, without a network.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePnpm, offlineArgs } from '../../../scripts/lib/install.mjs'
import { inRoot } from '../../../scripts/lib/paths.mjs'
import { mustRun } from './program.ts'
import { publishedPackages } from './workspace.ts'

export interface Consumer {
  readonly folder: string
  write(files: Readonly<Record<string, string>>): void
  /** The installed files of a package, as paths from its root with slashes. */
  filesOf(packageName: string): readonly string[]
  remove(): void
}

/** What a program for Node in TypeScript has besides; the workspace's own version, so that it is at hand. */
const NODE_TYPES = `@types/node@${versionOf('@types/node')}`

function versionOf(name: string): string {
  const manifest = readFileSync(inRoot('node_modules', name, 'package.json'), 'utf8')
  return (JSON.parse(manifest) as { readonly version: string }).version
}

/** Packs every package and installs them all, with the hello world's sources beside them. */
export async function createConsumer(): Promise<Consumer> {
  const folder = mkdtempSync(join(tmpdir(), 'peerwire-consumer-'))
  const pnpm = await ensurePnpm()
  const tarballs = await packAll(pnpm, join(folder, 'tarballs'))
  const write = (files: Readonly<Record<string, string>>): void => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  }
  const overrides = [...tarballs].map(([name, path]) => `  '${name}': 'file:${path.replaceAll('\\', '/')}'\n`)
  write({
    'package.json': JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
    'pnpm-workspace.yaml': `overrides:\n${overrides.join('')}`,
  })
  await mustRun(pnpm, ['add', ...offlineArgs(), ...tarballs.values(), NODE_TYPES], folder)
  for (const name of ['tab.ts', 'listener.mjs']) cpSync(inRoot('examples', 'hello', name), join(folder, name))
  return {
    folder,
    write,
    filesOf: (packageName) => listFiles(join(folder, 'node_modules', packageName)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Tarballs by name of the package. */
async function packAll(pnpm: string, into: string): Promise<ReadonlyMap<string, string>> {
  mkdirSync(into)
  const tarballs = new Map<string, string>()
  for (const { path, manifest } of publishedPackages()) {
    await mustRun(pnpm, ['pack', '--pack-destination', into], path)
    const file = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`
    tarballs.set(manifest.name, join(into, file))
  }
  return tarballs
}

function listFiles(folder: string): readonly string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll('\\', '/'),
    )
    .filter((path) => !path.startsWith('node_modules/'))
}
