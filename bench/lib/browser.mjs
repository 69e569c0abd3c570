// Runs the figures of examples/bench-page in a Chromium without a window, and tells them as rows.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { spawn } from 'node:child_process'
import { extname, join, normalize } from 'node:path'
import { brotliCompressSync } from 'node:zlib'
import { chromium } from 'playwright'
import { build } from 'vite'
import { findBrowser, HOW_TO_GET_ONE } from '../../scripts/find-browser.mjs'
import { cacheDir, inRoot } from '../../scripts/lib/paths.mjs'
import { Stop } from '../../scripts/lib/run.mjs'

const MIME = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }

/** Bundles a page as its users would get it; answers with the folder. */
export async function buildPage(name) {
  const outDir = join(cacheDir, name)
  await build({ root: inRoot('examples', name), logLevel: 'warn', build: { outDir, emptyOutDir: true } })
  return outDir
}

/** Serves a folder on a free port of 127.0.0.1, compressed as servers do it: each file once. */
export async function serveFolder(folder) {
  const files = new Map()
  const bodyOf = async (path) => brotliCompressSync(await readFile(join(folder, path)))
  const server = createServer(async ({ url = '/' }, response) => {
    const asked = normalize(new URL(url, 'http://localhost').pathname)
    const path = asked === '/' ? 'index.html' : asked
    if (!files.has(path)) files.set(path, bodyOf(path))
    try {
      const headers = { 'Content-Type': MIME[extname(path)] ?? MIME['.html'], 'Content-Encoding': 'br' }
      response.writeHead(200, headers).end(await files.get(path))
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

const PROVIDERS = ['small', 'accelerator']

/**
 * Every figure with both providers, interleaved. Rates are per second of processor time of the tab's main thread, like
 * everywhere in this benchmark, and so are tasks; `share` is what it had of the clock's time.
 *
 * @returns {Promise<import('./measure.mjs').Row[]>}
 */
export async function measureBrowser({ rounds, only = '' }) {
  const page = await serveFolder(await buildPage('bench-page'))
  const listener = await startListener(inRoot('examples', 'bench-page', 'listener.mjs'), ['ws://127.0.0.1:0'])
  const browser = await launchChromium()
  const rows = new Map()
  try {
    const tab = await browser.newPage()
    const session = await tab.context().newCDPSession(tab)
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
    await tab.goto(page.url)
    const measures = (await tab.evaluate(() => globalThis.measureIds)).filter(({ id }) => id.includes(only))
    for (let round = 0; round < rounds; round++) {
      for (const { id, title, unit } of measures) {
        for (const provider of PROVIDERS) {
          const found = await measureOne(tab, session, [id, provider, listener.address, 'full'])
          addTo(rows, { case: 'tab', payload: title, contestant: `tab, ${provider}`, unit }, found)
          if (!id.startsWith('frames')) continue
          const value = await longestTask(browser, tab, [id, provider, listener.address, 'short'])
          const payload = title.replace('Longest frame', 'Longest task')
          addTo(rows, { case: 'tab', payload, contestant: `tab, ${provider}`, unit }, { ...found, value })
        }
      }
    }
  } finally {
    await browser.close()
    listener.stop()
    page.close()
  }
  return [...rows.values()].map(({ busy, seconds, ...row }) => ({ ...row, share: busy / seconds }))
}

async function measureOne(tab, session, args) {
  const before = await busySeconds(session)
  const startedMs = performance.now()
  const { value, moved } = await tab.evaluate((all) => globalThis.measure(...all), args)
  const seconds = (performance.now() - startedMs) / 1000
  const busy = (await busySeconds(session)) - before
  return { value: moved === undefined ? value : moved / busy, byClock: value, busy, seconds }
}

/** The longest task of the tab's main thread while it measures a figure, in milliseconds of processor time. */
async function longestTask(browser, tab, args) {
  await browser.startTracing(tab, { categories: ['toplevel'] })
  await tab.evaluate((all) => globalThis.measure(...all), args)
  const { traceEvents } = JSON.parse(String(await browser.stopTracing()))
  const mains = traceEvents.filter(({ name, args: { name: thread } = {} }) => name === 'thread_name' && isMain(thread))
  const onMain = ({ pid, tid }) => mains.some((main) => main.pid === pid && main.tid === tid)
  const tasks = traceEvents.filter((event) => event.tdur !== undefined && onMain(event))
  return Math.max(...tasks.map(({ tdur }) => tdur)) / 1000
}

const isMain = (thread) => thread === 'CrRendererMain'

/** Processor time of the tab's main thread. */
async function busySeconds(session) {
  const { metrics } = await session.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'TaskDuration').value
}

function addTo(rows, key, { value, byClock, busy, seconds }) {
  const name = `${key.payload} ${key.contestant}`
  const row = rows.get(name) ?? { ...key, values: [], byClock: [], busy: 0, seconds: 0 }
  rows.set(name, row)
  row.values.push(value)
  row.byClock.push(byClock)
  row.busy += busy
  row.seconds += seconds
}
