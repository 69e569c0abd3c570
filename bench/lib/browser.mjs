// Runs the figures of examples/bench-page in a Chromium without a window, and tells them as rows.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { extname, join, normalize } from 'node:path'
import { chromium } from 'playwright-core'
import { build } from 'vite'
import { findBrowser, HOW_TO_GET_ONE } from '../../scripts/find-browser.mjs'
import { cacheDir, inRoot } from '../../scripts/lib/paths.mjs'
import { Stop } from '../../scripts/lib/run.mjs'

const MIME = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

/** Bundles a page as its users would get it; answers with the folder. */
export async function buildPage(name) {
  const outDir = join(cacheDir, name)
  await build({ root: inRoot('examples', name), logLevel: 'warn', base: './', build: { outDir, emptyOutDir: true } })
  return outDir
}

/** Serves a folder on a free port of 127.0.0.1. */
export async function serveFolder(folder) {
  const server = createServer(async ({ url = '/' }, response) => {
    const path = normalize(new URL(url, 'http://localhost').pathname)
    try {
      const body = await readFile(join(folder, path === '/' ? 'index.html' : path))
      response.writeHead(200, { 'Content-Type': MIME[extname(path)] ?? MIME['.html'] }).end(body)
    } catch {
      response.writeHead(404).end()
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() }
}

/** Starts a Node program that prints an address as its first line. */
export async function startListener(path, args = []) {
  const child = spawn(process.execPath, [path, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const address = await new Promise((resolve, reject) => {
    child.stdout.once('data', (chunk) => resolve(String(chunk).trim().split('\n')[0]))
    child.once('exit', () => reject(new Stop(`${path} ended before it listened`)))
  })
  return { address, pid: child.pid, stop: () => child.kill() }
}

export async function launchChromium() {
  const found = await findBrowser()
  if (!found) throw new Stop(HOW_TO_GET_ONE)
  return await chromium.launch({ executablePath: found.path, args: found.args })
}

/** Every figure with both providers, interleaved; `rounds` of each. */
export async function measureBrowser({ rounds, quick, only = '' }) {
  const page = await serveFolder(await buildPage('bench-page'))
  const listener = await startListener(inRoot('examples', 'bench-page', 'listener.mjs'), ['ws://127.0.0.1:0'])
  const browser = await launchChromium()
  try {
    const tab = await browser.newPage()
    const session = await tab.context().newCDPSession(tab)
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
    await tab.goto(page.url)
    const ids = await tab.evaluate(() => globalThis.measureIds)
    const rows = []
    for (let round = 0; round < rounds; round++) {
      for (const { id, title, unit } of ids) {
        if (!id.includes(only)) continue
        for (const provider of ['small', 'accelerator']) {
          const value = await measureOne(tab, session, [id, provider, listener.address, quick ? 'short' : 'full'])
          addTo(rows, { case: title, contestant: provider, unit }, value)
        }
      }
    }
    return { version: browser.version(), rows: rows.map(summed) }
  } finally {
    await browser.close()
    listener.stop()
    page.close()
  }
}

async function measureOne(tab, session, args) {
  const before = await busySeconds(session)
  const startedMs = performance.now()
  const value = await tab.evaluate((all) => globalThis.measure(...all), args)
  const seconds = (performance.now() - startedMs) / 1000
  return { value, busy: (await busySeconds(session)) - before, seconds }
}

/** Processor time of the tab's main thread. */
async function busySeconds(session) {
  const { metrics } = await session.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'TaskDuration').value
}

function addTo(rows, key, { value, busy, seconds }) {
  let row = rows.find((one) => one.case === key.case && one.contestant === key.contestant)
  if (!row) rows.push((row = { ...key, values: [], busy: 0, seconds: 0 }))
  row.values.push(value)
  row.busy += busy
  row.seconds += seconds
}

function summed({ busy, seconds, ...row }) {
  return { ...row, core: busy / seconds }
}
