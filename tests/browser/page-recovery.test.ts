// The relay's page when there is no relay: it says what is wrong, goes on trying, and recovers by itself.
import { describe, expect } from 'vitest'
import { it } from './support/it.ts'
import { servePageAlone, startPageHost } from './support/page-host.ts'
import {
  cellsOf,
  CONNECTION_ERRORS,
  ended,
  hashesOf,
  peers,
  state,
  takeScreenshot,
  transactions,
  SOON,
} from './support/relay-page.ts'

/** The first retries come within seconds; the machine may be busy. */
const RECOVERY_MS = 30_000

describe('the page without its relay', () => {
  it('says that the relay is down, and recovers by itself when it is killed and started again', async ({
    startRelay,
    openTab,
  }) => {
    const relay = await startRelay({ args: ['--sample'] })
    const tab = await openTab({ expectedErrors: CONNECTION_ERRORS })
    await tab.goto(relay.url)
    await transactions(tab, 2)

    await relay.process.kill()
    await tab.locator('#state[data-state=bad]').waitFor()
    await expect
      .poll(() => state(tab).textContent(), SOON)
      .toMatch(/can’t be reached: it is down.* Next try in \d+ s\./)
    await expect.poll(() => peers(tab).count(), SOON).toBe(0)
    const [who, code, reason, message] = await cellsOf(ended(tab).last())
    expect(who).toMatch(/^peerwire\/v/)
    expect([code, reason]).toEqual(['link lost', '0x01 network error'])
    expect(message).not.toBe('')
    await takeScreenshot(tab, 'page-relay-down')
    await tab.emulateMedia({ colorScheme: 'dark' })
    await takeScreenshot(tab, 'page-relay-down-dark')

    const before = await hashesOf(tab)
    await startRelay({ args: ['--sample'], again: relay })
    await tab.locator('#state[data-state=good]').waitFor({ timeout: RECOVERY_MS })
    await expect.poll(async () => (await hashesOf(tab)).length, SOON).toBeGreaterThan(before.length)
    await expect.poll(() => peers(tab).count(), SOON).toBe(1)
  })

  it('says so when the relay is shut down in order', async ({ startRelay, openTab }) => {
    const relay = await startRelay({ args: ['--sample'] })
    const tab = await openTab({ expectedErrors: CONNECTION_ERRORS })
    await tab.goto(relay.url)
    await transactions(tab, 1)
    await relay.process.stop()
    await expect.poll(() => state(tab).textContent(), SOON).toMatch(/The relay was shut down\.|can’t be reached/)
    const [, code, reason] = await cellsOf(ended(tab).last())
    expect([code, reason]).toEqual(['remote disconnect reason', '0x08 client quitting, said by the peer'])
  })

  it('finds a relay that was down when the page was loaded', async ({ startRelay, openTab, cleanUp }) => {
    const relay = await startRelay({ args: ['--sample'] })
    await relay.process.kill()
    const page = await servePageAlone(cleanUp)
    const tab = await openTab({ expectedErrors: CONNECTION_ERRORS })
    await tab.goto(`${page}?relay=${encodeURIComponent(relay.url)}`)
    await expect
      .poll(() => state(tab).textContent(), SOON)
      .toMatch(/can’t be reached: it is down.* Next try in \d+ s\./)
    await takeScreenshot(tab, 'page-down-at-load')
    await startRelay({ args: ['--sample'], again: relay })
    await tab.locator('#state[data-state=good]').waitFor({ timeout: RECOVERY_MS })
    await transactions(tab, 1)
  })

  it('follows a relay that comes back with another key', async ({ startRelay, openTab }) => {
    const relay = await startRelay({ args: ['--sample'] })
    const tab = await openTab({ expectedErrors: CONNECTION_ERRORS })
    await tab.goto(relay.url)
    await transactions(tab, 1)
    await relay.process.kill()
    const other = await startRelay({ args: ['--sample'], again: relay, sameKey: false })
    expect(other.ws).not.toBe(relay.ws)
    await tab.locator(`#relay[title="${other.ws}"]`).waitFor({ timeout: RECOVERY_MS })
    await tab.locator('#state[data-state=good]').waitFor({ timeout: RECOVERY_MS })
    await expect.poll(() => peers(tab).count(), SOON).toBe(1)
  })

  it.for<readonly [string, () => unknown]>([
    ['the network is back', () => dispatchEvent(new Event('online'))],
    ['the page is shown again', () => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))],
    ['the button is pressed', () => document.getElementById('retry')?.click()],
  ])('tries at once when %s', async ([, action], { openTab, cleanUp }) => {
    const host = await startPageHost({ cleanUp })
    const tab = await openTab({ expectedErrors: CONNECTION_ERRORS })
    await tab.clock.install()
    await tab.goto(host.url)
    await tab.locator('#state[data-state=good]').waitFor()
    await host.node.close()
    await tab.locator('#state[data-state=bad]').waitFor()
    // Time stands still for the page from here on: by itself it would never try again.
    await tab.clock.pauseAt((await tab.evaluate(() => Date.now())) + 1000)
    await startPageHost({ again: host, cleanUp })
    await tab.evaluate(action)
    await tab.locator('#state[data-state=good]').waitFor()
  })

  it('says when there is something else where a relay should be', async ({ openTab, cleanUp }) => {
    const page = await servePageAlone(cleanUp)
    const tab = await openTab({ expectedErrors: CONNECTION_ERRORS })
    await tab.goto(page)
    await expect.poll(() => state(tab).textContent(), SOON).toMatch(/answers with HTTP 404: there is no relay here\./)
  })

  it('says when the relay follows no network yet', async ({ startRelay, openTab }) => {
    const relay = await startRelay()
    const tab = await openTab()
    await tab.goto(relay.url)
    await expect
      .poll(() => state(tab).textContent(), SOON)
      .toMatch(/it knows no Ethereum network.* Next try in \d+ s\./)
    await takeScreenshot(tab, 'page-empty')
  })

  it('leaves the relay when asked to, and comes back when asked to', async ({ startRelay, openTab }) => {
    const relay = await startRelay({ args: ['--sample'] })
    const tab = await openTab()
    await tab.goto(relay.url)
    await transactions(tab, 1)
    await tab.getByRole('button', { name: /^Disconnect from peerwire/ }).click()
    await expect.poll(() => state(tab).textContent(), SOON).toContain('you disconnected from it')
    await expect.poll(() => peers(tab).count(), SOON).toBe(0)
    await tab.getByRole('button', { name: 'Connect to the relay again' }).click()
    await tab.locator('#state[data-state=good]').waitFor()
    await expect.poll(() => peers(tab).count(), SOON).toBe(1)
  })
})
