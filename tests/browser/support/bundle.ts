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
  const files = await bundle(entry)
  const server = createServer(({ url }, response) => {
    const code = files.get(url!)
    // A sandboxed frame has an origin of its own, for which modules come from elsewhere.
    const headers = { 'Content-Type': code ? 'text/javascript' : 'text/html', 'Access-Control-Allow-Origin': '*' }
    response.writeHead(200, headers).end(code ?? HTML)
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

/** The code by path: the entry is `/page.js`, beside it lies what is loaded on use. */
async function bundle(entry: string): Promise<ReadonlyMap<string, string>> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    plugins: [workspaceSources(['browser'])],
    build: { write: false, minify: false, lib: { entry, formats: ['es'], fileName: 'page' } },
  })
  const outputs = Array.isArray(built) ? built : [built]
  const chunks = outputs.flatMap((one) => ('output' in one ? one.output : [])).filter(({ type }) => type === 'chunk')
  const files = new Map(chunks.map((chunk) => [`/${chunk.fileName}`, 'code' in chunk ? chunk.code : '']))
  if (!files.has('/page.js')) throw new Error(`Vite built no page.js, but ${[...files.keys()].join(', ') || 'nothing'}`)
  return files
}
