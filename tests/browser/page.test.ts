// The relay's page in Chromium, with the sample source behind the relay.
import { createNode, generatePrivateKey, portableCrypto, toHex } from '@peerwire/core'
import { eth } from '@peerwire/eth'
import { tcp } from '@peerwire/transport-tcp'
import { describe, expect } from 'vitest'
import { it } from './support/it.ts'
import { cellsOf, hashesOf, peers, state, takeScreenshot, transactions, SOON } from './support/relay-page.ts'

describe('the page with a sample source', () => {
  it('is a peer of the relay and shows transactions within seconds, each as another peer has it', async ({
    startRelay,
    openTab,
    cleanUp,
  }) => {
    const relay = await startRelay({ args: ['--sample'] })
    // What the page shows is compared with what another peer of the relay receives and hashes itself.
    const chain = eth({ network: 'auto' })
    const follower = createNode({ privateKey: generatePrivateKey(), transports: [tcp()], plugins: [chain] })
    cleanUp(() => follower.close())
    const hashes = new Set<string>()
    chain.on('transaction:received', ({ transaction: { bytes } }) => {
      hashes.add(`0x${toHex(portableCrypto.keccak256(bytes))}`)
    })
    await follower.start()
    await follower.dial(relay.enode)

    const tab = await openTab()
    const openedMs = performance.now()
    await tab.goto(relay.url)
    await transactions(tab, 1)
    expect(performance.now() - openedMs).toBeLessThan(5000)
    expect(await state(tab).textContent()).toMatch(/Connected to the relay peerwire\/.+, encrypted from end to end/)
    expect(await cellsOf(peers(tab).first())).toEqual([
      expect.stringMatching(/^peerwire\/v/),
      'outbound',
      expect.stringContaining('eth/72'),
      relay.listen[0],
      'Disconnect',
    ])
    const shown = await transactions(tab, 8)
    for (const { hash, type, from, late } of shown) {
      expect(hash).toMatch(/^0x[0-9a-f]{64}$/)
      // The page may have it a moment earlier.
      await expect.poll(() => [...hashes], SOON).toContain(hash)
      expect(type).toBe('2 · EIP-1559')
      expect(from).toMatch(/^peerwire\/v/)
      expect(late).toMatch(/^\d+ ms$|^\d+\.\d s$/)
    }
    expect(Number(await tab.locator('#transactions-count').textContent())).toBeGreaterThanOrEqual(shown.length)
    expect(await tab.locator('#network').textContent()).toMatch(/^sample network \(1885693298\), learned from peerwire/)
    await takeScreenshot(tab, 'page-light')
    await tab.emulateMedia({ colorScheme: 'dark' })
    await takeScreenshot(tab, 'page-dark')
  })

  it('shows the same transactions in two tabs', async ({ startRelay, openTab }) => {
    const relay = await startRelay({ args: ['--sample'] })
    const [first, second] = [await openTab(), await openTab()]
    await Promise.all([first.goto(relay.url), second.goto(relay.url)])
    const [inFirst, inSecond] = [await transactions(first, 5), await transactions(second, 5)]
    for (const { hash } of inFirst) await expect.poll(() => hashesOf(second), SOON).toContain(hash)
    for (const { hash } of inSecond) await expect.poll(() => hashesOf(first), SOON).toContain(hash)
    // Each has a key of its own.
    const ids = await Promise.all([first, second].map((tab) => tab.locator('#own-id').textContent()))
    expect(ids[0]).not.toBe(ids[1])
  })

  it('holds the list still when it is paused, and counts on', async ({ startRelay, openTab }) => {
    const relay = await startRelay({ args: ['--sample'] })
    const tab = await openTab()
    await tab.goto(relay.url)
    await transactions(tab, 1)
    await tab.getByRole('button', { name: 'Pause the list' }).click()
    const still = await hashesOf(tab)
    const count = tab.locator('#transactions-count')
    await expect.poll(async () => Number(await count.textContent()), SOON).toBeGreaterThan(still.length + 2)
    expect(await hashesOf(tab)).toEqual(still)
    await tab.getByRole('button', { name: 'Go on' }).click()
    await expect.poll(async () => (await hashesOf(tab)).length, SOON).toBeGreaterThan(still.length + 2)
    expect((await hashesOf(tab)).slice(-still.length)).toEqual(still)
  })

  it('fits a telephone: only the tables scroll sideways', async ({ startRelay, openTab }) => {
    const relay = await startRelay({ args: ['--sample'] })
    const tab = await openTab({ viewport: { width: 360, height: 740 }, colorScheme: 'dark' })
    await tab.goto(relay.url)
    await transactions(tab, 2)
    await tab.getByText('Sign and send a transaction').click()
    await takeScreenshot(tab, 'page-telephone')
    expect(await tab.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360)
  })
})

it('the page of a relay that has nothing to give says so, and that of any other does not', async ({
  startRelay,
  openTab,
}) => {
  const [idle, useful] = [await startRelay(), await startRelay({ args: ['--sample'] })]
  const tab = await openTab()
  const notice = tab.locator('#relay-notice')
  await tab.goto(idle.url)
  await expect.poll(() => notice.textContent(), SOON).toMatch(/^This relay says: nobody was named to get anything from/)
  await tab.goto(useful.url)
  await transactions(tab, 1)
  expect(await notice.isHidden()).toBe(true)
})
