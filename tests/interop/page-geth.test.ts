// The relay's page with a full go-ethereum: behind the relay, and straight through the bridge.
import { portableCrypto, toHex } from '@peerwire/core'
import type { Page } from 'playwright'
import { describe, expect } from 'vitest'
import { it } from '../browser/support/it.ts'
import { cellsOf, hashesOf, peers, state, takeScreenshot, transactions, SOON } from '../browser/support/relay-page.ts'
import { NETWORK_ID, startRealGeth } from './support/real-geth.ts'
import type { RealGeth } from './support/real-geth.ts'

/** The account that the genesis block funds, as ethdrive derives it. */
const FUNDED_KEY = portableCrypto.keccak256(new TextEncoder().encode('interop funded key'))
/** geth gathers transactions before it announces them. */
const ANNOUNCE_MS = 60_000

interface PoolEntry {
  readonly hash: string
  readonly from: string
  readonly blockHash: string | null
}

interface AdminPeer {
  readonly name: string
  readonly caps: readonly string[]
  readonly network: { readonly inbound: boolean }
}

function addressOf(privateKey: Uint8Array): string {
  return `0x${toHex(portableCrypto.keccak256(portableCrypto.publicKeyOf(privateKey)).subarray(12))}`
}

/** Signs a transfer in the tab and gives the hash that the page says it sent. */
async function signInTab(tab: Page, geth: RealGeth): Promise<string> {
  const nonce = Number(await geth.rpc('eth_getTransactionCount', [addressOf(FUNDED_KEY), 'pending']))
  const details = tab.locator('#send')
  if ((await details.getAttribute('open')) === null) await tab.getByText('Sign and send a transaction').click()
  await tab.getByLabel('Private key of a test account').fill(toHex(FUNDED_KEY))
  await tab.getByLabel('To', { exact: true }).fill('0x' + '07'.repeat(20))
  await tab.getByLabel('Nonce').fill(String(nonce))
  await tab.getByRole('button', { name: 'Sign and send' }).click()
  const result = tab.locator('#send-result')
  await expect.poll(() => result.textContent(), SOON).toMatch(/^Sent 0x[0-9a-f]{64} to one peer\.$/)
  return /0x[0-9a-f]{64}/.exec((await result.textContent()) ?? '')![0]
}

async function expectInPool(geth: RealGeth, hash: string): Promise<void> {
  const found = async (): Promise<unknown> => await geth.rpc('eth_getTransactionByHash', [hash])
  await expect.poll(found, { timeout: ANNOUNCE_MS }).not.toBeNull()
  const { from, blockHash } = (await found()) as PoolEntry
  expect({ from, blockHash }).toEqual({ from: addressOf(FUNDED_KEY), blockHash: null })
}

describe('the page with a full geth', () => {
  it('shows what a geth behind the relay announces, and its own transaction gets into the pool of geth', async ({
    startRelay,
    openTab,
    cleanUp,
  }) => {
    const geth = await startRealGeth({ pool: 3 })
    cleanUp(() => geth.kill())
    const relay = await startRelay({ args: ['--connect', geth.enode] })
    await relay.process.waitFor(({ event, name }) => event === 'peer' && String(name).startsWith('Geth/'))
    const tab = await openTab()
    await tab.goto(relay.url)
    await tab.locator('#state[data-state=good]').waitFor({ timeout: ANNOUNCE_MS })
    // What was in the pool before.
    for (const { hash } of geth.pool) await expect.poll(() => hashesOf(tab), { timeout: ANNOUNCE_MS }).toContain(hash)
    // What comes in while the tab looks on.
    const driven = await geth.drive({ pool: 4 })
    for (const { hash } of driven.transactions) {
      await expect.poll(() => hashesOf(tab), { timeout: ANNOUNCE_MS }).toContain(hash)
    }
    const shown = await transactions(tab, 7)
    const types = new Map([...geth.pool, ...driven.transactions].map(({ hash, type }) => [hash, type]))
    for (const { hash, type, from } of shown) {
      expect(type).toBe(types.get(hash) === 2 ? '2 · EIP-1559' : '0 · legacy')
      expect(from).toMatch(/^peerwire\/v/)
    }
    expect(await tab.locator('#network').textContent()).toMatch(new RegExp(`^network ${NETWORK_ID}, learned from`))
    await expectInPool(geth, await signInTab(tab, geth))
    await takeScreenshot(tab, 'page-geth-behind-relay')
  })

  it('goes through the bridge to geth itself, and its own transaction gets into the pool of geth', async ({
    startRelay,
    openTab,
    cleanUp,
  }) => {
    const geth = await startRealGeth({ pool: 3 })
    cleanUp(() => geth.kill())
    const relay = await startRelay({ args: ['--connect', geth.enode, '--bridge', `geth=${geth.enode}`] })
    await relay.process.waitFor(({ event, name }) => event === 'peer' && String(name).startsWith('Geth/'))
    const tab = await openTab()
    await tab.goto(relay.url)
    await tab.locator('#state[data-state=good]').waitFor({ timeout: ANNOUNCE_MS })

    await tab.getByRole('button', { name: 'Connect straight to it through the bridge' }).click()
    const row = peers(tab).filter({ hasText: 'Geth/' })
    await row.waitFor()
    expect(await cellsOf(row)).toEqual([
      expect.stringMatching(/^Geth\/v1\.17\.8/),
      'outbound',
      expect.stringContaining('eth/72'),
      'bridge to geth',
      'Disconnect',
    ])
    // geth itself sees the tab as its peer.
    const tabs = ((await geth.rpc('admin_peers')) as AdminPeer[]).filter(({ name }) => name === 'peerwire-tab')
    expect(tabs).toMatchObject([{ caps: ['eth/69', 'eth/70', 'eth/71', 'eth/72'], network: { inbound: true } }])

    // From here on the relay is nothing but a pipe.
    await tab.getByRole('button', { name: /^Disconnect from peerwire/ }).click()
    await expect.poll(() => state(tab).textContent(), SOON).toContain('you disconnected from it')
    const { transactions: driven } = await geth.drive({ pool: 4 })
    for (const { hash } of driven) await expect.poll(() => hashesOf(tab), { timeout: ANNOUNCE_MS }).toContain(hash)
    const hashes = new Set(driven.map(({ hash }) => hash))
    for (const { hash, from } of await transactions(tab, 7)) {
      if (hashes.has(hash)) expect(from).toMatch(/^Geth\/v1\.17\.8/)
    }
    await expectInPool(geth, await signInTab(tab, geth))
    await expect.poll(() => peers(tab).count(), SOON).toBe(1)
    await takeScreenshot(tab, 'page-geth-through-bridge')
  })
})
