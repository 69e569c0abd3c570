// Serves an example's page on 127.0.0.1, from its sources, by Vite itself.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'
import { root, workspaceSources } from '../../../scripts/lib/sources.mjs'
import { claimPort } from '../../support/ports.ts'

export interface ServedPage {
  /** `http://127.0.0.1:PORT/` */
  readonly url: string
  close(): Promise<void>
}

/** The folder of an example. */
export function exampleFolder(name: string): string {
  return fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url))
}

/** Vite's development server over `folder`; packages of the workspace are read from their sources. */
export async function servePage(folder: string): Promise<ServedPage> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'peerwire-vite-'))
  const server = await createServer({
    root: folder,
    configFile: false,
    cacheDir,
    logLevel: 'error',
    plugins: [workspaceSources(['browser'])],
    // Vite looks for a free port and listens on it later: it needs one that stays free.
    server: { host: '127.0.0.1', port: await claimPort(), strictPort: true, fs: { allow: [root, folder] } },
  })
  await server.listen()
  const address = server.httpServer?.address()
  if (typeof address !== 'object' || !address) throw new Error('Vite listens nowhere')
  return {
    url: `http://127.0.0.1:${address.port}/`,
    close: async () => {
      await server.close()
      await rm(cacheDir, { recursive: true, force: true })
    },
  }
}
