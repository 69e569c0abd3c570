// What it costs a tab to follow a network: the relay's own page, 20 transactions a second, three relays that all tell
// of each.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startSampleSource } from '../../packages/relay/dist/sample/index.js'
import { inRoot } from '../../scripts/lib/paths.mjs'
import { launchChromium, startListener } from './browser.mjs'

const RATE_PER_SECOND = 20
const RELAYS = 3
/** Until lists and stores are full and everything was compiled: what grows after that would grow for ever. */
const SETTLE_MS = 90_000

/**
 * @param {number} seconds - how long it is followed after it has settled
 * @returns {Promise<{ share: number, heapBefore: number, heapAfter: number, transactions: number, perSecond: number }>}
 *   the share of one core that the tab's process took, all threads; its heap in bytes after a collection, at the start
 *   and at the end; transactions that arrived
 */
export async function followTransactions(seconds) {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-follow-'))
  const source = await startSampleSource({ ratePerSecond: RATE_PER_SECOND })
  const relays = []
  const browser = await launchChromium()
  try {
    for (let i = 0; i < RELAYS; i++) relays.push(await startRelay(join(folder, String(i)), source.address))
    const tab = await browser.newPage()
    await tab.goto(relays[0].url)
    for (const { address } of relays.slice(1)) {
      await tab.fill('#dial-address', address)
      await tab.click('#dial button')
    }
    await tab.waitForFunction((wanted) => document.querySelectorAll('#peers tbody tr').length === wanted, RELAYS)
    await tab.waitForTimeout(SETTLE_MS)
    const before = await look(browser, tab)
    await tab.waitForTimeout(seconds * 1000)
    const after = await look(browser, tab)
    const [spent, passed] = [after.cpuSeconds - before.cpuSeconds, (after.atMs - before.atMs) / 1000]
    const transactions = after.transactions - before.transactions
    return {
      share: spent / passed,
      heapBefore: before.heapBytes,
      heapAfter: after.heapBytes,
      transactions,
      perSecond: transactions / passed,
    }
  } finally {
    await browser.close()
    for (const relay of relays) relay.stop()
    await source.close()
    await rm(folder, { recursive: true, force: true })
  }
}

async function startRelay(dataDir, source) {
  const flags = ['--json', '--data-dir', dataDir, '--listen', 'ws://127.0.0.1:0/', '--connect', source]
  const { address: line, stop } = await startListener(inRoot('packages', 'relay', 'bin', 'peerwire.mjs'), [
    'relay',
    ...flags,
  ])
  const { address, url } = JSON.parse(line)
  return { address, url, stop }
}

async function look(browser, tab) {
  const page = await tab.context().newCDPSession(tab)
  await page.send('HeapProfiler.collectGarbage')
  const { usedSize } = await page.send('Runtime.getHeapUsage')
  const transactions = Number((await tab.locator('#transactions-count').textContent()).replaceAll(/\D/g, ''))
  await page.detach()
  const session = await browser.newBrowserCDPSession()
  const { processInfo } = await session.send('SystemInfo.getProcessInfo')
  await session.detach()
  const cpuSeconds = Math.max(...processInfo.filter(({ type }) => type === 'renderer').map(({ cpuTime }) => cpuTime))
  return { heapBytes: usedSize, transactions, cpuSeconds, atMs: performance.now() }
}
