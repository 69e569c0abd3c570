// A project of a user: the packed packages, installed in a folder far from the workspace, without a network.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensurePnpm, offlineArgs } from '../../../scripts/lib/install.mjs'
import { inRoot } from '../../../scripts/lib/paths.mjs'
import { mustRun } from './program.ts'
import { publishedPackages } from './workspace.ts'
/** Packs every package and installs them all, with the hello world's sources beside them. */
export async function createConsumer() {
  const folder = mkdtempSync(join(tmpdir(), 'peerwire-consumer-'))
  const pnpm = await ensurePnpm()
  const tarballs = await packAll(pnpm, join(folder, 'tarballs'))
  const write = (files) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  }
  const overrides = [...tarballs].map(([name, path]) => `  '${name}': 'file:${path.replaceAll('\\', '/')}'\n`)
  write({
    'package.json': JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
    'pnpm-workspace.yaml': `overrides:\n${overrides.join('')}`,
  })
  await mustRun(pnpm, ['add', ...offlineArgs(), ...tarballs.values()], folder)
  for (const name of ['chat.ts', 'tab.ts', 'server.ts']) {
    cpSync(inRoot('tests', 'packaging', 'hello', name), join(folder, name))
  }
  return {
    folder,
    write,
    filesOf: (packageName) => listFiles(join(folder, 'node_modules', packageName)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}
/** Tarballs by name of the package. */
async function packAll(pnpm, into) {
  mkdirSync(into)
  const tarballs = new Map()
  for (const { path, manifest } of publishedPackages()) {
    await mustRun(pnpm, ['pack', '--pack-destination', into], path)
    const file = `${manifest.name.replace('@', '').replace('/', '-')}-${manifest.version}.tgz`
    tarballs.set(manifest.name, join(into, file))
  }
  return tarballs
}
function listFiles(folder) {
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
