// A Chromium for a test: found, started without a window, and ended with the test.
import { chromium } from 'playwright'
import type { Browser } from 'playwright'
import { findBrowser, HOW_TO_GET_ONE } from '../../scripts/find-browser.mjs'

export interface BrowserOptions {
  /** Keeps pages for the way back, as Chromium does for a user, and not for playwright. */
  readonly backForwardCache?: boolean
}

/**
 * Starts Chromium; whoever called it closes it.
 *
 * @throws {Error} when there is none, with what to do: a browser test fails then, it isn't skipped
 */
export async function launchBrowser({ backForwardCache = false }: BrowserOptions = {}): Promise<Browser> {
  const found = await findBrowser()
  if (!found) throw new Error(HOW_TO_GET_ONE)
  const ignoreDefaultArgs = backForwardCache ? ['--disable-back-forward-cache'] : []
  return await chromium.launch({ executablePath: found.path, args: found.args, ignoreDefaultArgs })
}
