// A folder with a built page, served on 127.0.0.1.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { extname, join, normalize } from 'node:path'
import { onTestFinished } from 'vitest'

const TYPES: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.html': 'text/html' }
const PAGE =
  '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body><script type="module" src="/main.js"></script>'

/** Serves `folder` until the test ends; where it has no `index.html`, one that loads `main.js`. Answers the URL. */
export async function serveFolder(folder: string, index = 'index.html'): Promise<string> {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://page').pathname)
    const file = path === '/' ? index : path
    readFile(join(folder, file)).then(
      (text) =>
        response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(text),
      () => response.writeHead(path === '/' ? 200 : 404, { 'Content-Type': 'text/html' }).end(path === '/' ? PAGE : ''),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
