// The relay's page with peers that mean no good, or too much of it.
import { createNode, generatePrivateKey, portableCrypto, seededRandom } from '@peerwire/core'
import { eth, metaOf, TRANSACTION_KIND } from '@peerwire/eth'
import { webSocket } from '@peerwire/transport-ws'
import { describe, expect } from 'vitest'
import { createSampleTransactions } from '../../packages/relay/src/sample/transactions.ts'
import { it } from './support/it.ts'
import { startPageHost } from './support/page-host.ts'
import {
  cellsOf,
  CONNECTION_ERRORS,
  ended,
  hashesOf,
  peers,
  state,
  takeScreenshot,
  SOON,
} from './support/relay-page.ts'

const HOSTILE_NAME = `<img src=x onerror="document.title='taken over'"></td>\u202e<script>alert(1)</script>`

describe('the page and strangers', () => {
  it('shows a hostile client name as the text it is', async ({ openTab, cleanUp }) => {
    const host = await startPageHost({ name: HOSTILE_NAME, cleanUp })
    const tab = await openTab({ expectedErrors: CONNECTION_ERRORS })
    await tab.goto(host.url)
    await tab.locator('#state[data-state=good]').waitFor()
    const [client] = await cellsOf(peers(tab).first())
    expect(client).toContain(`<img src=x onerror="document.title='taken over'">`)
    expect(await state(tab).textContent()).toContain('<img src=x')
    // A reason that no list knows, up to 2^64 - 1.
    host.node.peers[0]?.disconnect(0xffff_ffff_ffff_ffffn)
    await ended(tab).first().waitFor()
    const [who, code, reason] = await cellsOf(ended(tab).last())
    expect(who).toContain('<img src=x')
    expect(code).toBe('remote disconnect reason')
    expect(reason).toBe('0xffffffffffffffff unknown disconnect reason 18446744073709551615, said by the peer')
    await takeScreenshot(tab, 'page-hostile')
    expect(await tab.locator('img, td script').count()).toBe(0)
    expect(await tab.title()).toBe('peerwire: this tab is a peer')
  })

  it('keeps the newest 200 of more transactions', async ({ openTab, cleanUp }) => {
    const host = await startPageHost({ cleanUp })
    const next = createSampleTransactions(seededRandom(7), portableCrypto)
    const announce = (): void => {
      const { hash, envelope } = next()
      const meta = metaOf({ type: 2, size: envelope.length })
      host.inventory.received(undefined, { kind: TRANSACTION_KIND, id: hash, meta, bytes: envelope })
    }
    for (let i = 0; i < 260; i++) announce()
    const tab = await openTab()
    await tab.goto(host.url)
    await expect.poll(() => tab.locator('#transactions-count').textContent(), SOON).toBe('260')
    expect(await hashesOf(tab)).toHaveLength(200)
    const newest = (await hashesOf(tab))[0]
    announce()
    await expect.poll(() => tab.locator('#transactions-count').textContent(), SOON).toBe('261')
    expect(await hashesOf(tab)).toHaveLength(200)
    expect((await hashesOf(tab))[1]).toBe(newest)
  })

  it('names both networks when a peer of another one is refused', async ({ openTab, cleanUp }) => {
    const host = await startPageHost({ cleanUp })
    const other = createNode({
      name: 'elsewhere',
      privateKey: generatePrivateKey(),
      transports: [webSocket({ listen: 'ws://127.0.0.1:0/' })],
      plugins: [eth({ network: { networkId: 99, genesisHash: '11'.repeat(32), forks: { blocks: [], times: [] } } })],
    })
    cleanUp(() => other.close())
    await other.start()
    const tab = await openTab()
    await tab.goto(host.url)
    await tab.locator('#state[data-state=good]').waitFor()
    await tab.getByLabel('Any address').fill(other.addresses[0]!)
    await tab.getByRole('button', { name: 'Connect', exact: true }).click()
    await tab.locator('#refused').waitFor()
    const refused = await tab.locator('#refused').textContent()
    expect(refused).toMatch(/^elsewhere was refused/)
    expect(refused).toMatch(/99\D.*1885693298/)
    await expect.poll(() => peers(tab).count(), SOON).toBe(1)
    await takeScreenshot(tab, 'page-other-network')
  })

  it('says what is wrong with an address, and with a node that can not be reached', async ({ openTab, cleanUp }) => {
    const host = await startPageHost({ cleanUp })
    const tab = await openTab({ expectedErrors: CONNECTION_ERRORS })
    await tab.goto(host.url)
    const dial = async (address: string): Promise<void> => {
      await tab.getByLabel('Any address').fill(address)
      await tab.getByRole('button', { name: 'Connect', exact: true }).click()
    }
    const result = tab.locator('#dial-result')
    await dial('ws://relay.example/')
    await expect
      .poll(() => result.textContent())
      .toBe('No connection: address without a public key: ws://relay.example/')
    await dial(host.address.replace(/127.*/, '127.0.0.1:1/').replace(/\/\/[0-9a-f]{4}/, '//0000'))
    await expect.poll(() => result.textContent(), SOON).toMatch(/^No connection: (?!address)/)
    await dial(`enode://${'11'.repeat(64)}@127.0.0.1:30303`)
    await expect.poll(() => result.textContent(), SOON).toMatch(/^No connection: no transport for tcp:/)
  })
})
