// Two relays and two tabs exchange addresses; what a tab knows is in its IndexedDB when it is loaded again.
import { fileURLToPath } from 'node:url'
import { storageCases } from '@peerwire/core/testing'
import type { Page } from 'playwright'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { serveBundle } from './support/bundle.ts'
import { it } from './support/it.ts'
import { withoutKey } from './support/page-host.ts'
import type { ServedPage } from './support/serve.ts'
import type { TabState } from './address-book-page/page.ts'

const PAGE = fileURLToPath(new URL('address-book-page/page.ts', import.meta.url))
/** Milliseconds: the machine is shared, and a dialer rests for some seconds now and then. */
const PATIENCE = { timeout: 40_000, interval: 100 }

const state = (tab: Page): Promise<TabState> => tab.evaluate(() => window.tabState())
const origin = (address: string): string => withoutKey(address).replace(/\/$/, '')

let served: ServedPage

beforeAll(async () => {
  served = await serveBundle(PAGE)
})
afterAll(() => served.close())

describe('two relays and two tabs', () => {
  it('find each other through addr/1, and a tab that is loaded again needs nobody to tell it', async ({
    startRelay,
    openTab,
  }) => {
    // With a network of its own: relays that know of none end each other.
    const first = await startRelay({ args: ['--sample'] })
    await first.process.waitFor(({ event }) => event === 'item')
    // The second relay is told of the first, and the tabs as well; nobody is told of the second.
    const second = await startRelay({ args: ['--seed', first.enode] })
    await second.process.waitFor(({ event, inbound }) => event === 'peer' && inbound === false)
    const both = [first, second].map(({ ws }) => origin(ws)).sort((left, right) => left.localeCompare(right))
    const tabs = [await openTab(), await openTab()]
    for (const tab of tabs) {
      await tab.goto(served.url)
      await tab.waitForFunction(() => 'startTab' in window)
      await tab.evaluate((seed) => window.startTab('book', [seed]), first.ws)
    }
    for (const tab of tabs) {
      await expect.poll(async () => (await state(tab)).peers, PATIENCE).toEqual(both)
      expect((await state(tab)).book).toMatchObject({ addresses: { tried: 2 }, addr: { peers: 2 } })
    }

    const [tab] = tabs
    await tab!.reload()
    await tab!.waitForFunction(() => 'startTab' in window)
    await tab!.evaluate(() => window.startTab('book', []))
    expect((await state(tab!)).book).toMatchObject({
      addresses: { tried: 2 },
      seedsAsked: 0,
      file: { trouble: undefined },
    })
    await expect.poll(async () => (await state(tab!)).peers, PATIENCE).toEqual(both)
  })

  it('are one node each to a book: a second tab is told who has it', async ({ openTab }) => {
    const tab = await openTab()
    await tab.goto(served.url)
    await tab.waitForFunction(() => 'startTab' in window)
    await tab.evaluate(() => window.startTab('book', []))
    const other = await tab.context().newPage()
    await other.goto(served.url)
    await other.waitForFunction(() => 'startTab' in window)
    const refused = other.evaluate(() => window.startTab('book', []))
    await expect(refused).rejects.toThrow(
      /the storage book is in use by node [0-9a-f]{7}\.\.\. \(perhaps in another tab\)/,
    )
    await tab.evaluate(() => window.closeTab())
    await other.evaluate(() => window.startTab('book', []))
  })
})

describe('a storage of IndexedDB', () => {
  it.for(storageCases)('$title', async ({ title }, { openTab }) => {
    const tab = await openTab()
    await tab.goto(served.url)
    await tab.waitForFunction(() => 'runStorageCase' in window)
    await tab.evaluate((name) => window.runStorageCase(name), title)
  })
})
