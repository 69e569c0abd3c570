// What the usual bundlers make of the packed packages runs: the hello world's tab in Chromium, its dialer in Node.
import { join } from 'node:path'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, describe, it } from 'vitest'
import { inRoot } from '../../scripts/lib/paths.mjs'
import { toolboxFolder } from '../../scripts/lib/toolbox.mjs'
import type { Consumer } from '../packaging/support/consumer.ts'
import { mustRun } from '../packaging/support/program.ts'
import { launchBrowser } from '../support/browser.ts'
import { lacksToolbox } from './support/have.ts'
import { answered, createHello, listen, PATIENCE_MS, startIn } from './support/hello.ts'
import { serveFolder } from './support/site.ts'

const PROGRAM = inRoot('tests', 'tools', 'support', 'bundle.mjs')
const BUILD_MS = 110_000
const VITE = ['vite5', 'vite6', 'vite7', 'vite8']
const FOR_PAGES = [...VITE, 'webpack', 'rspack', 'rollup', 'esbuild', 'parcel']
/** Rollup alone doesn't read the CommonJS of `ws`. */
const FOR_NODE = ['vite8', 'webpack', 'rspack', 'esbuild']

describe.skipIf(lacksToolbox())('bundlers', () => {
  let consumer: Consumer
  let browser: Browser
  beforeAll(async () => {
    consumer = await createHello()
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    consumer?.remove()
  })

  const bundle = async (bundler: string, target: 'page' | 'node', entry: string): Promise<string> => {
    const out = join(consumer.folder, 'out', target, bundler)
    const args = [PROGRAM, toolboxFolder, bundler, target, entry, out]
    await mustRun(process.execPath, args, consumer.folder, BUILD_MS)
    return out
  }

  describe.each(FOR_PAGES)('a page built by %s', (bundler) => {
    it('says hello in Chromium', async ({ onTestFinished }) => {
      const url = await serveFolder(
        await bundle(bundler, 'page', 'tab.js'),
        bundler === 'parcel' ? 'parcel.html' : 'index.html',
      )
      const tab = await browser.newPage()
      onTestFinished(() => tab.close())
      const errors: string[] = []
      tab.on('pageerror', (error) => errors.push(String(error)))
      await tab.goto(`${url}#${await listen(consumer)}`)
      await tab
        .getByText('hello, tab')
        .waitFor({ timeout: PATIENCE_MS })
        .catch((error: unknown) => {
          throw new Error(`${String(error)}; thrown in the page: ${errors.join(', ')}`)
        })
    })
  })

  describe.each(FOR_NODE)('a program built by %s', (bundler) => {
    it('says hello in Node', async () => {
      const out = await bundle(bundler, 'node', 'dialer.mjs')
      await answered(
        startIn(
          consumer,
          process.execPath,
          join(out, bundler.startsWith('vite') ? 'main.js' : 'main.cjs'),
          await listen(consumer),
        ),
      )
    })
  })
})
