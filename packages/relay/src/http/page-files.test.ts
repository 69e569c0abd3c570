// The files of the page over a real server: headers, caching, and nothing from outside the folder.
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadPage, type Page, servePage } from './page-files.ts'

const LARGE = 'export const one = 1\n'.repeat(100)

let folder: string
let page: Page
let server: Server
let url: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerwire-'))
  await mkdir(join(folder, 'page', 'assets'), { recursive: true })
  await writeFile(join(folder, 'page', 'index.html'), '<title>page</title>')
  await writeFile(join(folder, 'page', 'assets', 'index-D3adB33f.js'), 'export {}')
  await writeFile(join(folder, 'page', 'assets', 'empty.css'), '')
  await writeFile(join(folder, 'page', 'assets', 'large.js'), LARGE)
  await writeFile(join(folder, 'secret.txt'), 'secret')
  await symlink(join(folder, 'secret.txt'), join(folder, 'page', 'link.txt'))
  page = await loadPage(join(folder, 'page'))
  server = createServer((request, response) => void servePage(page, request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await rm(folder, { recursive: true, force: true })
})

describe('servePage', () => {
  it('serves the index with a policy that allows its own scripts only', async () => {
    const response = await fetch(`${url}/?x=1`)
    expect(await response.text()).toBe('<title>page</title>')
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-cache')
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self';")
    expect(response.headers.get('x-content-type-options')).toBe('nosniff')
  })

  it('lets names made from content be kept for ever, and others be asked for again', async () => {
    const hashed = await fetch(`${url}/assets/index-D3adB33f.js`)
    expect(hashed.headers.get('cache-control')).toContain('immutable')
    expect(hashed.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
    await hashed.text()
    const etag = (await fetch(`${url}/`)).headers.get('etag')!
    expect((await fetch(`${url}/`, { headers: { 'if-none-match': etag } })).status).toBe(304)
  })

  it('answers HEAD with the length alone, and serves an empty file', async () => {
    const head = await fetch(`${url}/`, { method: 'HEAD' })
    expect([head.headers.get('content-length'), await head.text()]).toEqual(['19', ''])
    const empty = await fetch(`${url}/assets/empty.css`)
    expect([empty.status, await empty.text()]).toEqual([200, ''])
  })

  it.for([
    ['br, gzip', 'br'],
    ['gzip, deflate', 'gzip'],
    ['br;q=0, GZIP;q=0.5', 'gzip'],
    ['identity', null],
    ['br; q=0.000', null],
  ])('compresses for %s once, with a tag of each form', async ([accepted, encoding]) => {
    const asked = { headers: { 'accept-encoding': accepted! } }
    const response = await fetch(`${url}/assets/large.js`, asked)
    expect([response.status, response.headers.get('content-encoding')]).toEqual([200, encoding])
    expect(response.headers.get('vary')).toBe('Accept-Encoding')
    expect(await response.text()).toBe(LARGE)
    const etag = response.headers.get('etag')!
    expect(etag).toMatch(encoding === null ? /^"[\w-]{16}"$/ : new RegExp(`^"[\\w-]{16}-${encoding}"$`))
    const again = await fetch(`${url}/assets/large.js`, {
      headers: { ...asked.headers, 'if-none-match': `W/${etag}, "x"` },
    })
    expect(again.status).toBe(304)
    const other = await fetch(`${url}/assets/large.js`, {
      headers: { 'accept-encoding': 'x', 'if-none-match': `"x-br"` },
    })
    expect([other.status, other.headers.get('content-encoding')]).toEqual([200, null])
  })

  it('goes on with what it has read when the folder is gone', async () => {
    await rm(join(folder, 'page'), { recursive: true })
    expect(await (await fetch(`${url}/`)).text()).toBe('<title>page</title>')
  })

  it('follows no link out of the folder', async () => {
    const response = await fetch(`${url}/link.txt`)
    expect([response.status, await response.text()]).toEqual([404, 'not found\n'])
  })

  it('says how to build a page that is not there', async () => {
    page = await loadPage(join(folder, 'nowhere'))
    const response = await fetch(`${url}/`)
    expect(response.status).toBe(404)
    expect(await response.text()).toMatch(/^the page is not built: run `npm run build`/)
  })
})
