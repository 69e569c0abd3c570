// What a page keeps when nobody closes its node, when its database is lost, and where it may keep nothing.
import { fileURLToPath } from 'node:url'
import { createNode, generatePrivateKey } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import { webSocket } from '@peerwire/transport-ws'
import type { Frame, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { serveBundle } from './support/bundle.ts'
import { it } from './support/it.ts'
import type { ServedPage } from './support/serve.ts'
import type { TabState } from './address-book-page/page.ts'

const PAGE = fileURLToPath(new URL('address-book-page/page.ts', import.meta.url))
/** Milliseconds: the machine is shared. */
const PATIENCE = { timeout: 40_000, interval: 50 }

const state = (tab: Page | Frame): Promise<TabState> => tab.evaluate(() => window.tabState())

const listener = createNode({
  privateKey: generatePrivateKey(),
  transports: [webSocket({ listen: 'ws://127.0.0.1:0/' })],
  plugins: [addressBook({ local: true })],
  limits: { acceptIntervalMs: 0 },
})
let served: ServedPage

beforeAll(async () => {
  served = await serveBundle(PAGE)
  await listener.start()
})
afterAll(async () => {
  await listener.close()
  await served.close()
})

async function load(tab: Page): Promise<Page> {
  await tab.goto(served.url)
  await tab.waitForFunction(() => 'startTab' in window)
  return tab
}

/** A tab that has met the listener, this moment. */
async function meet(tab: Page, how: 'with a seed' | 'by itself' = 'with a seed'): Promise<TabState> {
  const seeds = how === 'with a seed' ? [...listener.addresses] : []
  await tab.evaluate((list) => window.startTab('book', list), seeds)
  try {
    await tab.waitForFunction(() => window.tabState().peers.length === 1)
  } catch (cause) {
    const stored = await tab.evaluate(() => window.lengthStored('book', 'peers.json'))
    throw new Error(`no peer: ${JSON.stringify(await state(tab))}, ${stored} bytes are stored`, { cause })
  }
  return await state(tab)
}

/** Of somebody whom a peer could have told of. */
const HEARSAY = `ws://${'ab'.repeat(64)}@10.0.0.7:4000/`
const BOTH = { book: { addresses: { tried: 1, new: 1 }, seedsAsked: 0 } }

describe('a tab that has met a peer, heard of another one this moment, and whose node nobody closes', () => {
  it('knows both when it is loaded again', async ({ openTab }) => {
    const tab = await load(await openTab())
    await meet(tab)
    await tab.evaluate((address) => window.learn(address), HEARSAY)
    await tab.reload()
    await tab.waitForFunction(() => 'startTab' in window)
    expect(await meet(tab, 'by itself')).toMatchObject(BOTH)
  })

  it('knows both when it is closed and opened again', async ({ openTab }) => {
    const tab = await load(await openTab())
    await meet(tab)
    await tab.evaluate((address) => window.learn(address), HEARSAY)
    const closed = tab.waitForEvent('close')
    // This waits for nothing: a page may ask its user first.
    await tab.close({ runBeforeUnload: true })
    await closed
    const other = await load(await tab.context().newPage())
    expect(await meet(other, 'by itself')).toMatchObject(BOTH)
  })

  it('has saved the first within seconds when the browser ends it without a word', async ({ openTab }) => {
    const tab = await load(await openTab())
    await meet(tab)
    await expect.poll(async () => (await state(tab)).book.file?.saves, PATIENCE).toBe(1)
    const other = await load(await tab.context().newPage())
    // Its node is never told: the page is gone with its process.
    const crashed = tab.waitForEvent('crash')
    await Promise.all([crashed, tab.goto('chrome://crash').catch(() => undefined)])
    expect(await meet(other, 'by itself')).toMatchObject({ book: { addresses: { tried: 1 }, seedsAsked: 0 } })
  })
})

describe('a database', () => {
  it.for([
    ['whose handle is dead without a word', (): void => window.killHandles()],
    ['that another part of the program deletes', (): void => void indexedDB.deleteDatabase('book')],
  ] as const)('%s is opened again', async ([, lose], { openTab }) => {
    const tab = await load(await openTab())
    await meet(tab)
    await tab.evaluate(() => window.saveBook())
    await tab.evaluate(lose)
    await tab.evaluate(() => window.saveBook())
    const { book, warnings } = await state(tab)
    expect([book.file?.failedSaves, warnings]).toEqual([0, []])
    expect(await tab.evaluate(() => window.lengthStored('book', 'peers.json'))).toBe(book.file?.savedBytes)
  })

  it('that another tab has is read without the claim, and done without where the page wants that', async ({
    openTab,
  }) => {
    const tab = await load(await openTab())
    await meet(tab)
    await tab.evaluate(() => window.saveBook())
    const other = await load(await tab.context().newPage())
    expect(await other.evaluate(() => window.lengthStored('book', 'peers.json'))).toBeGreaterThan(0)
    await expect(other.evaluate(() => window.startTab('book', [], 'fail'))).rejects.toThrow(/is in use by node/)
    await other.evaluate(() => window.startTab('book', [], 'none'))
    const { book, warnings } = await state(other)
    expect(book.file).toBeUndefined()
    expect(warnings).toEqual([expect.stringMatching(/^Nothing is kept .*the storage book is in use by node/)])
  })

  it('is waited for while the node that has it closes', async ({ openTab }) => {
    const tab = await load(await openTab())
    await meet(tab)
    for (let times = 0; times < 3; times++) await tab.evaluate(() => window.startAgain('book'))
    expect(await state(tab)).toMatchObject({ book: { addresses: { tried: 1 } }, warnings: [] })
  })
})

it('a page where site data is denied runs without, and says so', async ({ openTab }) => {
  const tab = await openTab()
  await tab.goto(served.url)
  await tab.setContent(`<iframe sandbox="allow-scripts" src="${served.url}"></iframe>`)
  const frame = await (await tab.waitForSelector('iframe')).contentFrame()
  await frame!.waitForFunction(() => 'startTab' in window)
  await frame!.evaluate(() => window.startTab('book', []))
  await frame!.evaluate(() => window.saveBook())
  const { book, warnings } = await state(frame!)
  expect([book.file, warnings]).toEqual([
    undefined,
    [expect.stringMatching(/^Nothing is kept .*the browser keeps nothing for this page: SecurityError/)],
  ])
})
