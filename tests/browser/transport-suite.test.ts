// The acceptance suite inside Chromium: the page's WebSocket against a listener in Node.
import { createServer as createHttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { fileURLToPath } from 'node:url'
import { type Endpoint, type Listener, systemClock } from '@peerwire/core'
import { type CaseServer, createCaseServer, transportCases } from '@peerwire/core/testing'
import { webSocket } from '@peerwire/transport-ws'
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocketServer } from 'ws'
import { launchBrowser } from '../support/browser.ts'
import { claimPort } from '../support/ports.ts'
import { serveBundle } from './support/bundle.ts'
import type { ServedPage } from './support/serve.ts'
import type { PageEndpoints } from './transport-page/page.ts'

describe('the acceptance suite inside Chromium', () => {
  let server: CaseServer
  let listener: Listener
  let mute: Server
  let served: ServedPage
  let browser: Browser
  let tab: Page
  let endpoints: PageEndpoints
  const thrown: string[] = []

  beforeAll(async () => {
    server = createCaseServer(systemClock)
    listener = await listen(server)
    // Accepts, and never says anything.
    mute = createServer()
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
    const hanging = { ...listener.endpoint, port: (mute.address() as AddressInfo).port }
    endpoints = { endpoint: listener.endpoint, refusing: { ...listener.endpoint, port: await claimPort() }, hanging }
    served = await serveBundle(fileURLToPath(new URL('transport-page/page.ts', import.meta.url)))
    browser = await launchBrowser()
    // One tab for all: the cases leave nothing behind, or the next ones tell.
    tab = await browser.newPage()
    tab.on('pageerror', (error) => thrown.push(error.message))
    await tab.goto(served.url)
    await tab.waitForFunction(() => 'runTransportCase' in window)
  })

  afterAll(async () => {
    await browser?.close()
    await served?.close()
    server.close()
    mute.close()
    await listener.close()
    expect(thrown).toEqual([])
  })

  it.each(transportCases())('$name', async ({ name }) => {
    await tab.evaluate(([one, all]) => window.runTransportCase(one, all), [name, endpoints] as const)
  })

  it('a failed dial says that its cause is unknown, what it may be, and what is known', async () => {
    const { message, cause } = await failedDial(tab, endpoints.refusing)
    expect(message).toMatch(/browsers do not say why: one of .*TLS.*mixed content.*local network/)
    expect(message).toMatch(/\(after \d+ ms, page secure, online\)$/)
    expect(cause).toMatchObject({ opened: false, closeCode: 1006, securePage: true, online: true })
  })

  it('a refused upgrade is a failed dial without a cause', async () => {
    const server = createHttpServer().on('upgrade', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { message } = await failedDial(tab, { ...endpoints.endpoint, port })
    server.close()
    expect(message).toContain('could not be reached')
  })

  it('what a listener refuses after the upgrade ends the link with its words', async () => {
    const elsewhere = { ...endpoints.endpoint, path: '/elsewhere' }
    const { message, cause } = await tab.evaluate((one) => window.refusedLink(one), elsewhere)
    expect(message).toBe('relay refused: absent: there is nothing at this path')
    expect(cause).toEqual({ name: 'absent', retryAfterMs: 300_000 })
  })

  it('what the browser forbids beforehand is a failed dial with its cause', async () => {
    const { message, cause } = await failedDial(tab, { scheme: 'ws', host: '127.0.0.1', port: 99_999, path: '/' })
    expect(message).toBe('ws://127.0.0.1:99999/ is refused by the browser itself')
    expect(cause).toBeDefined()
  })

  it('a server that does not take the subprotocol is a failed dial', async () => {
    const other = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => false })
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const { message } = await failedDial(tab, { ...endpoints.endpoint, port })
    other.close()
    for (const client of other.clients) client.terminate()
    expect(message).toMatch(/could not be reached|does not speak peerwire\.1/)
  })
})

async function listen({ handlers }: CaseServer): Promise<Listener> {
  const [listener] = await webSocket({ listen: 'ws://127.0.0.1:0/' }).listen!(handlers)
  return listener!
}

async function failedDial(tab: Page, endpoint: Endpoint): Promise<{ message: string; cause: unknown }> {
  return await tab.evaluate((one) => window.failedDial(one), endpoint)
}
