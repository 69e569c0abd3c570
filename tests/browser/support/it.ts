// `it` with a Chromium at hand: one browser for a file, tabs that are strangers to each other, all closed with
// the test.
import type { Browser, BrowserContextOptions, Page } from 'playwright'
import { expect, test } from 'vitest'
import { launchBrowser } from '../../support/browser.ts'
import { type RelayProcess, type RelayProcessOptions, startRelayProcess } from './relay-process.ts'

interface Fixtures {
  readonly browser: Browser
  /** Opens a tab. What its console says with level error, and what it throws, fails the test at its end. */
  readonly openTab: (options?: TabOptions) => Promise<Page>
  /** Starts the real relay; it is killed with the test. */
  readonly startRelay: (options?: RelayProcessOptions) => Promise<RelayProcess>
  /** Called at the end, the last one first; for what else a test opens. */
  readonly cleanUp: (step: () => unknown) => void
}

export interface TabOptions extends BrowserContextOptions {
  /** Errors of the console that belong to the test, such as a failed connection to a relay that is down. */
  readonly expectedErrors?: RegExp
}

export const it = test.extend<Fixtures>({
  browser: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const browser = await launchBrowser()
      await use(browser)
      await browser.close()
    },
    { scope: 'file' },
  ],
  // eslint-disable-next-line no-empty-pattern
  cleanUp: async ({}, use) => {
    const steps: (() => unknown)[] = []
    await use((step) => steps.push(step))
    for (const step of steps.toReversed()) await step()
  },
  openTab: async ({ browser, cleanUp }, use) => {
    const errors: string[] = []
    await use(async ({ expectedErrors, ...options } = {}) => {
      const context = await browser.newContext(options)
      cleanUp(() => context.close())
      const page = await context.newPage()
      const note = (text: string): void => void (expectedErrors?.test(text) || errors.push(text))
      page.on('console', (line) => line.type() === 'error' && note(line.text()))
      page.on('pageerror', (error) => note(`thrown: ${error.stack || String(error)}`))
      return page
    })
    expect(errors).toEqual([])
  },
  startRelay: async ({ cleanUp }, use) => {
    await use((options = {}) => startRelayProcess(cleanUp, options))
  },
})
