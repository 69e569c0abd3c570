// A page is told why a listener refuses it, in the listener's words, and comes back when it was told.
import { fileURLToPath } from 'node:url'
import { createNode, generatePrivateKey } from '@peerwire/core'
import { createManualClock } from '@peerwire/core/testing'
import { webSocket, WEBSOCKET_PROTOCOL } from '@peerwire/transport-ws'
import type { AllowedOrigins } from '@peerwire/transport-ws/node'
import type { Page } from 'playwright'
import { describe, expect } from 'vitest'
import { WebSocket } from 'ws'
import { serveBundle } from './support/bundle.ts'
import { it } from './support/it.ts'

const PAGE = fileURLToPath(new URL('refusal-page/page.ts', import.meta.url))

/** Lets one in at once, loopback not exempt; its time passes by hand. */
async function startListener(cleanUp: (step: () => unknown) => void, origins?: AllowedOrigins) {
  const clock = createManualClock()
  const node = createNode({
    role: 'server',
    privateKey: generatePrivateKey(),
    transports: [webSocket({ listen: 'ws://127.0.0.1:0/', origins })],
    prefixes: { prefixOf: (address) => address.replace(/:\d+$/, '') },
    limits: { visitsBurst: 1, visitsPerSecond: 1 },
    clock,
  })
  cleanUp(() => node.close())
  await node.start()
  return { clock, address: node.addresses[0]! }
}

async function showPage(openTab: () => Promise<Page>, cleanUp: (step: () => unknown) => void): Promise<Page> {
  const served = await serveBundle(PAGE)
  cleanUp(() => served.close())
  const tab = await openTab()
  await tab.goto(served.url)
  await tab.waitForFunction(() => 'dialRefused' in window)
  return tab
}

describe('a page that is refused', () => {
  it('is told the words and when to come back, and does', async ({ openTab, cleanUp }) => {
    const { clock, address } = await startListener(cleanUp)
    const first = new WebSocket(address.replace(/\/\/.*@/, '//'), WEBSOCKET_PROTOCOL)
    cleanUp(() => first.terminate())
    await new Promise((resolve) => first.once('open', resolve))
    const tab = await showPage(openTab, cleanUp)
    const { error, sentence } = await tab.evaluate((to) => window.dialRefused(to), address)
    const words = 'throttled: more than 1 at once or 1 a second from 127.0.0.1'
    expect(error).toContain(`code=relay refused, reason=too many peers`)
    expect(error).toContain(`message=${words})`)
    expect(sentence).toMatch(/persistent and waiting: retry delay, next in [12] s; last error: relay refused/)
    expect(sentence).toContain(`(${words})`)
    clock.advance(2_000)
    expect(await tab.evaluate(() => window.connected())).toBe(1)
  })

  it('for its origin is told so', async ({ openTab, cleanUp }) => {
    const { address } = await startListener(cleanUp, ['https://app.example'])
    const tab = await showPage(openTab, cleanUp)
    const { error, sentence } = await tab.evaluate((to) => window.dialRefused(to), address)
    expect(error).toContain('message=origin: pages of this origin may not connect)')
    expect(sentence).toMatch(/next in (29\d|3\d\d) s/)
  })
})
