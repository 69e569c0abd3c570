// Keys that last in Chromium: a tab's through its reloads and for nobody else, a profile's for all of its tabs.
import type { Frame, Page } from 'playwright'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { launchBrowser } from '../support/browser.ts'
import { serveBundle } from './support/bundle.ts'
import { it } from './support/it.ts'
import type { ServedPage } from './support/serve.ts'

const ENTRY = fileURLToPath(new URL('key-page/page.ts', import.meta.url))
const ENTRY_NAME = 'peerwire key: me'
let served: ServedPage

beforeAll(async () => {
  served = await serveBundle(ENTRY)
})
afterAll(() => served.close())

type Per = 'tab' | 'profile'

async function keyIn(tab: Page | Frame, per?: Per): Promise<string> {
  const { key, warned } = await told(tab, per)
  expect(warned).toEqual([])
  return key
}

async function told(tab: Page | Frame, per?: Per): Promise<{ readonly key: string; readonly warned: string[] }> {
  await tab.waitForFunction(() => 'keyOf' in window)
  const answer = await tab.evaluate((whose) => window.keyOf('me', whose), per)
  expect(answer.key).toMatch(/^[0-9a-f]{64}$/)
  return answer
}

/** A page of the same profile. */
async function open(tab: Page, url = served.url): Promise<Page> {
  const other = await tab.context().newPage()
  await other.goto(url)
  return other
}

/** The tab that the user gets by duplicating one: `window.open` copies sessionStorage, too. */
async function duplicate(tab: Page): Promise<Page> {
  const opened = tab.waitForEvent('popup')
  await tab.evaluate(() => void window.open(location.href))
  return await opened
}

/** Serves the bundle at an origin by plain http that is not this machine's. */
async function serveInsecurely(tab: Page): Promise<string> {
  await tab.context().route('http://page.example/**', async (route) => {
    const { pathname } = new URL(route.request().url())
    const response = await fetch(new URL(pathname, served.url))
    const contentType = response.headers.get('content-type') ?? ''
    await route.fulfill({ body: await response.text(), contentType })
  })
  return 'http://page.example/'
}

describe('the key of a tab', () => {
  it('stays through reloads, other pages and the way back, and for each call', async ({ openTab }) => {
    const tab = await openTab()
    await tab.goto(served.url)
    const key = await keyIn(tab)
    expect(await keyIn(tab, 'tab')).toBe(key)
    for (let round = 0; round < 5; round++) {
      await tab.reload()
      expect(await keyIn(tab)).toBe(key)
    }
    await tab.goto(`${served.url}elsewhere`)
    expect(await keyIn(tab)).toBe(key)
    await tab.goto('about:blank')
    await tab.goBack()
    await tab.goBack()
    expect(await keyIn(tab)).toBe(key)
  })

  it('is not that of a duplicated tab, which keeps its own from then on', async ({ openTab }) => {
    const tab = await openTab()
    await tab.goto(served.url)
    const key = await keyIn(tab)
    const copy = await duplicate(tab)
    const ofCopy = await keyIn(copy)
    expect(ofCopy).not.toBe(key)
    for (const [page, wanted] of [
      [copy, ofCopy],
      [tab, key],
      [copy, ofCopy],
    ] as const) {
      await page.reload()
      expect(await keyIn(page)).toBe(wanted)
    }
    expect(await keyIn(await duplicate(copy))).not.toBe(ofCopy)
  })

  it('is taken over where the tab that it was copied from is gone', async ({ openTab }) => {
    const tab = await openTab()
    await tab.goto(served.url)
    const key = await keyIn(tab)
    const kept = await tab.evaluate((name) => sessionStorage.getItem(name), ENTRY_NAME)
    const restore = async (): Promise<Page> => {
      const other = await open(tab, `${served.url}restored`)
      await other.evaluate(([name, value]) => sessionStorage.setItem(name!, value!), [ENTRY_NAME, kept])
      await other.reload()
      return other
    }
    expect(await keyIn(await restore())).not.toBe(key)
    await tab.goto('about:blank')
    expect(await keyIn(await restore())).toBe(key)
  })

  it('is that of a page which the browser kept for the way back, and of no copy of it', async ({ cleanUp }) => {
    const browser = await launchBrowser({ backForwardCache: true })
    cleanUp(() => browser.close())
    const tab = await browser.newPage()
    await tab.goto(served.url)
    const key = await keyIn(tab)
    await tab.evaluate(() => addEventListener('pageshow', ({ persisted }) => (document.title = `kept: ${persisted}`)))
    await tab.goto(`${served.url}elsewhere`)
    expect(await keyIn(tab)).toBe(key)
    await tab.evaluate(() => history.back())
    await tab.waitForFunction(() => document.title === 'kept: true')
    await expect.poll(async () => (await tab.evaluate(() => navigator.locks.query())).held?.length).toBe(1)
    expect(await keyIn(await duplicate(tab))).not.toBe(key)
    expect(await keyIn(tab)).toBe(key)
  })

  it('is another in another tab, and under another name', async ({ openTab }) => {
    const tab = await openTab()
    await tab.goto(served.url)
    const key = await keyIn(tab)
    expect(await keyIn(await open(tab))).not.toBe(key)
    expect((await tab.evaluate(() => window.keyOf('other'))).key).not.toBe(key)
  })

  it('keeps tabs apart without Web Locks, too', async ({ openTab }) => {
    const tab = await openTab()
    await tab.goto(await serveInsecurely(tab))
    expect(await tab.evaluate(() => [isSecureContext, 'locks' in navigator])).toEqual([false, false])
    const key = await keyIn(tab)
    await tab.reload()
    expect(await keyIn(tab)).toBe(key)
    expect(await keyIn(await duplicate(tab))).not.toBe(key)
  })

  it('is never replaced when what is kept is no key', async ({ openTab }) => {
    const tab = await openTab()
    await tab.goto(served.url)
    await tab.evaluate((name) => sessionStorage.setItem(name, 'spoiled'), ENTRY_NAME)
    await expect(tab.evaluate(() => window.keyOf('me'))).rejects.toThrow(
      'sessionStorage holds no private key as "peerwire key: me"; remove it to get a new one',
    )
    expect(await tab.evaluate((name) => sessionStorage.getItem(name), ENTRY_NAME)).toBe('spoiled')
  })
})

describe('the key of a profile', () => {
  it('is one in all tabs, also when they ask at once, and after all of them were closed', async ({ openTab }) => {
    const tab = await openTab()
    await tab.goto(served.url)
    const tabs = [tab, ...(await Promise.all([open(tab), open(tab), open(tab)]))]
    await Promise.all(tabs.map((page) => page.waitForFunction(() => 'keyOf' in window)))
    const keys = await Promise.all(tabs.map((page) => keyIn(page, 'profile')))
    expect(new Set(keys).size).toBe(1)
    expect(await keyIn(tab, 'tab')).not.toBe(keys[0])
    for (const page of tabs) await page.goto('about:blank')
    expect(await keyIn(await open(tab), 'profile')).toBe(keys[0])
  })

  it('is never replaced when what is kept is no key', async ({ openTab }) => {
    const tab = await openTab()
    await tab.goto(served.url)
    await keyIn(tab, 'profile')
    await tab.evaluate(
      (name) =>
        new Promise<void>((resolve) => {
          indexedDB.open(name).onsuccess = ({ target }) => {
            const database = (target as IDBOpenDBRequest).result
            const change = database.transaction('values', 'readwrite')
            change.objectStore('values').put(new Uint8Array(32), 'private key')
            change.oncomplete = () => {
              database.close()
              resolve()
            }
          }
        }),
      ENTRY_NAME,
    )
    await tab.reload()
    await tab.waitForFunction(() => 'keyOf' in window)
    await expect(tab.evaluate(() => window.keyOf('me', 'profile'))).rejects.toThrow(/holds no private key/)
  })
})

it('a page that may keep nothing has a key of its own until it ends, and is told', async ({ openTab }) => {
  const tab = await openTab()
  await tab.goto(served.url)
  await tab.evaluate(() => {
    const frame = document.createElement('iframe')
    // An origin of its own: no sessionStorage, no IndexedDB, no locks.
    frame.sandbox.add('allow-scripts')
    frame.src = location.href
    document.body.append(frame)
  })
  await expect.poll(() => tab.frames().length).toBe(2)
  const frame = tab.frames()[1]!
  for (const per of ['tab', 'profile'] as const) {
    const { key, warned } = await told(frame, per)
    expect(warned).toEqual([expect.stringMatching(/^the browser keeps no key for this page, so it has one of its own/)])
    expect(await keyIn(frame, per)).toBe(key)
  }
})
