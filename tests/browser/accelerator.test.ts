// The accelerator inside Chromium, held to the portable provider: where everything is allowed, by plain http, and where
// the page's policy forbids WebAssembly.
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright'
import { describe, expect } from 'vitest'
import { rounds, seed } from '../support/counts.ts'
import type { PageFacts } from './accelerator-page/page.ts'
import { it as base } from './support/it.ts'
import { serveBundle } from './support/bundle.ts'
import type { ServedPage } from './support/serve.ts'

const it = base.extend<{ served: ServedPage }>({
  served: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const served = await serveBundle(fileURLToPath(new URL('accelerator-page/page.ts', import.meta.url)))
      await use(served)
      await served.close()
    },
    { scope: 'file' },
  ],
})

interface Place {
  readonly name: string
  /** Where the page seems to come from, if not from where it is. */
  readonly origin?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly facts: PageFacts
}

const PLACES: readonly Place[] = [
  { name: 'of localhost', facts: { secure: true, webCrypto: true, wasm: true } },
  {
    name: 'by plain http',
    origin: 'http://plain.example/',
    facts: { secure: false, webCrypto: false, wasm: true },
  },
  {
    name: 'whose policy forbids WebAssembly',
    origin: 'https://strict.example/',
    headers: { 'content-security-policy': "script-src 'self'" },
    facts: { secure: true, webCrypto: true, wasm: false },
  },
]

describe.each(PLACES)('in a page $name', ({ origin, headers = {}, facts }) => {
  const open = async (tab: Page, served: ServedPage): Promise<void> => {
    if (origin) {
      await tab.route(`${origin}**`, async (route) => {
        const response = await fetch(route.request().url().replace(origin, served.url))
        const type = response.headers.get('content-type') ?? ''
        await route.fulfill({ body: await response.text(), headers: { ...headers, 'content-type': type } })
      })
    }
    await tab.goto(origin ?? served.url)
    await tab.waitForFunction(() => 'compareSessions' in window)
  }

  it('the accelerator has what the page may have, and is the portable provider byte by byte', async ({
    openTab,
    served,
  }) => {
    // Chromium tells the console of what its policy forbids.
    const tab = await openTab({ expectedErrors: /WebAssembly/ })
    await open(tab, served)
    expect(await tab.evaluate(() => window.facts())).toEqual(facts)
    await tab.evaluate(([from, count]) => window.compareFunctions(from, count), [seed, rounds(40, 1000)] as const)
    await tab.evaluate(([from, count]) => window.compareStreams(from, count), [seed, rounds(60, 1000)] as const)
    await tab.evaluate(([from, count]) => window.compareSessions(from, count), [seed, rounds(30, 500)] as const)
  })
})
