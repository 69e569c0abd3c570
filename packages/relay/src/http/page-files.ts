// Serves the built page: files of one folder, and nothing outside it.
import { createReadStream } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, sep } from 'node:path'
import { plainText } from './plain-text.ts'

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/** Names that the bundler makes from the content: `index-D3adB33f.js`. They never change. */
const HASHED = /^\/assets\/[^/]+-[\w-]{8}\.[a-z0-9]+$/

/** The page loads its own scripts only, and may dial any relay. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "worker-src 'self'",
  "manifest-src 'self'",
  'connect-src http: https: ws: wss:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Answers a GET or HEAD for a file below `folder`; 404 for whatever is no file there. */
export async function servePage(folder: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = pathOf(request.url ?? '/')
  const file = path === undefined ? undefined : await findFile(folder, path)
  if (!file) {
    const text = path === '/' ? 'the page is not built: run `npm run build` in the root of the repository' : 'not found'
    return plainText(response, 404, text)
  }
  const etag = `"${file.size.toString(36)}-${Math.round(file.mtimeMs).toString(36)}"`
  const headers = {
    'Content-Type': TYPES[extname(file.path).toLowerCase()] ?? 'application/octet-stream',
    'Cache-Control': HASHED.test(path!) ? 'public, max-age=31536000, immutable' : 'no-cache',
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    ETag: etag,
  }
  if (request.headers['if-none-match'] === etag) return void response.writeHead(304, headers).end()
  response.writeHead(200, { ...headers, 'Content-Length': file.size })
  if (request.method === 'HEAD') return void response.end()
  const stream = createReadStream(file.path, { end: Math.max(0, file.size - 1) })
  stream.on('error', () => response.destroy())
  response.on('close', () => stream.destroy())
  if (file.size === 0) response.end()
  else stream.pipe(response)
}

/** The decoded path; absent when it can't be one of ours. */
function pathOf(url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.split(/[?#]/, 1)[0]!)
    const parts = path.split('/')
    // No name of ours begins with a dot, has a backslash or a control character.
    // eslint-disable-next-line no-control-regex
    const isOdd = !path.startsWith('/') || /[\\:\u0000-\u001f]/.test(path) || parts.some((part) => part.startsWith('.'))
    return isOdd ? undefined : path
  } catch {
    return undefined // a percent sign that is none
  }
}

interface FoundFile {
  readonly path: string
  readonly size: number
  readonly mtimeMs: number
}

async function findFile(folder: string, path: string): Promise<FoundFile | undefined> {
  try {
    const root = await realpath(folder)
    const real = await realpath(join(root, path.endsWith('/') ? `${path}index.html` : path))
    // A link inside the folder must not lead out of it.
    if (!real.startsWith(root + sep)) return undefined
    const found = await stat(real)
    return found.isFile() ? { path: real, size: found.size, mtimeMs: found.mtimeMs } : undefined
  } catch {
    return undefined // it is not there
  }
}
