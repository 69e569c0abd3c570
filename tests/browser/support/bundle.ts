// Serves one bundled module as a page: unlike the development server's, it doesn't reload when a source changes.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { build } from 'vite'
import { workspaceSources } from '../../../scripts/lib/sources.mjs'
import type { ServedPage } from './serve.ts'

const HTML =
  '<!doctype html><meta charset="utf-8" /><link rel="icon" href="data:," /><script type="module" src="/page.js"></script>'

/** Bundles `entry` with the workspace's packages as a browser gets them, and serves it on a free port of 127.0.0.1. */
export async function serveBundle(entry: string): Promise<ServedPage> {
  const code = await bundle(entry)
  const server = createServer(({ url }, response) => {
    const isCode = url === '/page.js'
    response.writeHead(200, { 'Content-Type': isCode ? 'text/javascript' : 'text/html' }).end(isCode ? code : HTML)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: async () => {
      await new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      })
    },
  }
}

async function bundle(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [workspaceSources(['browser'])],
    build: { write: false, minify: false, lib: { entry, formats: ['es'], fileName: 'page' } },
  })
  const outputs = Array.isArray(built) ? built : [built]
  for (const one of outputs) {
    if (!('output' in one)) continue
    const chunks = one.output.filter((file) => file.type === 'chunk')
    if (chunks.length === 1) return chunks[0]!.code
    throw new Error(`a bundle of ${chunks.length} chunks, where the page loads one`)
  }
  throw new Error('Vite built nothing')
}
