// Serves the built page from memory: files of one folder, read once, and nothing outside it. No request opens a file.
import { readdir, readFile, realpath } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, join, relative, sep } from 'node:path'
import { PageFile } from './page-file.ts'
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

/** Types that are compressed already. */
const PACKED: ReadonlySet<string> = new Set(['.png', '.ico', '.woff2'])

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

/** The files of a page, by their paths in URLs, such as `/index.html`. */
export type Page = ReadonlyMap<string, PageFile>

/** Reads the files below `folder`; none where it isn't there. A link counts only where it leads to a file within it. */
export async function loadPage(folder: string): Promise<Page> {
  const page = new Map<string, PageFile>()
  const root = await realpath(folder).catch(() => undefined)
  if (root === undefined) return page
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (entry.isDirectory()) continue
    const path = join(entry.parentPath, entry.name)
    // oxlint-disable-next-line no-await-in-loop -- some twenty files, once
    const file = await loadFile(root, path)
    if (file) page.set(`/${relative(root, path).split(sep).join('/')}`, file)
  }
  return page
}

async function loadFile(root: string, path: string): Promise<PageFile | undefined> {
  try {
    const real = await realpath(path)
    if (!real.startsWith(root + sep)) return undefined
    return new PageFile(await readFile(real), !PACKED.has(extname(path).toLowerCase()))
  } catch {
    return undefined // it leads nowhere, or to no file
  }
}

/** Answers a GET or HEAD for a file of the page; 404 for whatever is none. */
export async function servePage(page: Page, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const path = pathOf(request.url ?? '/')
  const file = path === undefined ? undefined : page.get(path)
  if (path === undefined || !file) {
    const isMissing = path === '/index.html'
    const text = isMissing ? 'the page is not built: run `npm run build` in the root of the repository' : 'not found'
    return plainText(response, 404, text)
  }
  const { encoding, bytes, etag } = await file.formFor(request.headers['accept-encoding'])
  if (response.destroyed) return
  const headers = {
    'Content-Type': TYPES[extname(path).toLowerCase()] ?? 'application/octet-stream',
    'Cache-Control': HASHED.test(path) ? 'public, max-age=31536000, immutable' : 'no-cache',
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    Vary: 'Accept-Encoding',
    ETag: etag,
  }
  if (isKnown(request.headers['if-none-match'], etag)) return void response.writeHead(304, headers).end()
  const encoded = encoding === undefined ? {} : { 'Content-Encoding': encoding }
  response.writeHead(200, { ...headers, ...encoded, 'Content-Length': bytes.length })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

function isKnown(ifNoneMatch: string | undefined, etag: string): boolean {
  const tags = ifNoneMatch?.split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return tags?.includes(etag) === true || ifNoneMatch?.trim() === '*'
}

/** The decoded path, with `index.html` for a folder's; absent when it can't be one of ours. */
function pathOf(url: string): string | undefined {
  try {
    const path = decodeURIComponent(url.split(/[?#]/, 1)[0]!)
    return path.endsWith('/') ? `${path}index.html` : path
  } catch {
    return undefined // a percent sign that is none
  }
}
