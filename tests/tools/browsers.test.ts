// Tabs in browsers that aren't Chromium: the hello world, and the acceptance suite of links.
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { join } from 'node:path'
import { type Listener, systemClock } from '@peerwire/core'
import { type CaseServer, createCaseServer, transportCases } from '@peerwire/core/testing'
import { webSocket } from '@peerwire/transport-ws'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { serveBundle } from '../browser/support/bundle.ts'
import type { ServedPage } from '../browser/support/serve.ts'
import type { Consumer } from '../packaging/support/consumer.ts'
import { claimPort } from '../support/ports.ts'
import { BROWSERS, type OtherTab } from './support/browsers.ts'
import { lacksProgram } from './support/have.ts'
import { createHello, listen, PATIENCE_MS } from './support/hello.ts'
import { serveFolder } from './support/site.ts'

const PAGE = fileURLToPath(new URL('../browser/transport-page/page.ts', import.meta.url))

describe.each(BROWSERS)('$name', ({ programs, lacks, open }) => {
  describe.skipIf(programs.some(lacksProgram))('as the browser of a tab', () => {
    let tab: OtherTab
    let consumer: Consumer
    let served: ServedPage
    let server: CaseServer
    let listeners: readonly Listener[]
    let endpoints: object
    const mute = createServer()

    beforeAll(async () => {
      consumer = await createHello()
      server = createCaseServer(systemClock)
      listeners = await webSocket({ listen: 'ws://127.0.0.1:0/' }).listen!(server.handlers)
      const { endpoint } = listeners[0]!
      await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
      const hanging = { ...endpoint, port: (mute.address() as AddressInfo).port }
      endpoints = { endpoint, refusing: { ...endpoint, port: await claimPort() }, hanging }
      served = await serveBundle(PAGE)
      tab = await open()
    })
    afterAll(async () => {
      await tab?.close()
      await served?.close()
      server?.close()
      mute.close()
      for (const listener of listeners ?? []) await listener.close()
      consumer?.remove()
    })

    it('says hello', async () => {
      const out = join(consumer.folder, 'out')
      await build({
        entryPoints: { main: join(consumer.folder, 'tab.js') },
        outdir: out,
        bundle: true,
        format: 'esm',
        platform: 'browser',
        logLevel: 'error',
      })
      await tab.goto(`${await serveFolder(out)}#${await listen(consumer)}`)
      const said = (): Promise<unknown> => tab.evaluate('return document.body.textContent')
      await expect.poll(said, { timeout: PATIENCE_MS }).toContain('hello, tab')
    })

    describe('passes the suite of links:', () => {
      beforeAll(async () => {
        await tab.goto(served.url)
        const isLoaded =
          "while (!('runTransportCase' in window)) await new Promise((resolve) => setTimeout(resolve, 20))"
        await tab.evaluate(isLoaded)
      })

      it.each(transportCases().filter(({ name }) => !lacks.includes(name)))('$name', async ({ name }) => {
        const args = [name, endpoints].map((value) => JSON.stringify(value)).join(', ')
        await tab.evaluate(`await window.runTransportCase(${args})`)
      })
    })
  })
})
