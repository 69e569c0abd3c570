// What a test reads and does on the relay's page.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright'
import { root } from '../../../scripts/lib/sources.mjs'

const SCREENSHOTS = join(root, '.cache/screenshots')

export interface ShownTransaction {
  /** `0x` and 64 hex digits. */
  readonly hash: string
  readonly type: string
  readonly from: string
  readonly late: string
}

export const state = (tab: Page): Locator => tab.locator('#state')
export const peers = (tab: Page): Locator => tab.locator('#peers tbody tr')
export const ended = (tab: Page): Locator => tab.locator('#ended tbody tr')

/** The texts of a row's cells. */
export function cellsOf(row: Locator): Promise<string[]> {
  return row.locator('td').allTextContents()
}

/** Waits until the list shows at least `count`, and gives what it shows, newest first. */
export async function transactions(tab: Page, count: number): Promise<ShownTransaction[]> {
  const rows = tab.locator('#transactions tbody tr')
  await rows.nth(count - 1).waitFor({ state: 'attached' })
  return await rows.evaluateAll((found) =>
    found.map((row) => {
      const [, type = '', from = '', late = ''] = Array.from(row.querySelectorAll('td'), (cell) => cell.innerText)
      return { hash: row.getAttribute('data-hash') ?? '', type, from, late }
    }),
  )
}

/** The hashes that the list shows now, newest first. */
export async function hashesOf(tab: Page): Promise<string[]> {
  const rows = tab.locator('#transactions tbody tr')
  return await rows.evaluateAll((found) => found.map((row) => row.getAttribute('data-hash') ?? ''))
}

/** For what takes a moment, also on a busy machine. */
export const SOON = { timeout: 45_000 }

/** What Chromium's console says when nobody listens, or a relay goes away. */
export const CONNECTION_ERRORS = /WebSocket connection to|Failed to load resource/

/** A picture of the whole page in `.cache/screenshots`, for people to look at. */
export async function takeScreenshot(tab: Page, name: string): Promise<void> {
  await mkdir(SCREENSHOTS, { recursive: true })
  await tab.screenshot({ path: join(SCREENSHOTS, `${name}.png`), fullPage: true })
}
