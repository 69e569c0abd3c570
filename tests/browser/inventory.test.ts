// Two relays and two tabs that run the inventory example: what one of them has reaches all, each once.
import { createNode, fromHex, generatePrivateKey } from '@peerwire/core'
import { inventory } from '@peerwire/core/inventory'
import type { Node } from '@peerwire/core'
import type { InventoryPlugin } from '@peerwire/core/inventory'
import { webSocket } from '@peerwire/transport-ws'
import type { Locator, Page } from 'playwright'
import { describe, expect } from 'vitest'
import { createKinds, line } from '../../examples/inventory/kinds.mjs'
import vectors from '../../vectors/eth.json' with { type: 'json' }
import { it } from './support/it.ts'
import { exampleFolder, servePage } from './support/serve.ts'

const SOON = { timeout: 45_000 }
const HEADERS = vectors.headers.map(({ rlp }) => fromHex(rlp))

interface ItemRelay {
  readonly node: Node
  readonly items: InventoryPlugin
  readonly kinds: ReturnType<typeof createKinds>
  readonly address: string
  /** What came from peers, in order. */
  readonly got: string[]
}

async function startItemRelay(cleanUp: (step: () => unknown) => void, persistent: string[] = []): Promise<ItemRelay> {
  const kinds = createKinds()
  const items = inventory({ kinds: [kinds.blocks, kinds.lines] })
  const node = createNode({
    privateKey: generatePrivateKey(),
    transports: [webSocket({ listen: 'ws://127.0.0.1:0' })],
    plugins: [items],
    persistent,
  })
  const got: string[] = []
  items.follow(kinds.blocks, ({ value }) => got.push(`block ${value.number}`))
  items.follow(kinds.lines, ({ value }) => got.push(value.words))
  cleanUp(() => node.close())
  await node.start()
  return { node, items, kinds, address: node.addresses[0]!, got }
}

function listed(tab: Page, name: string): Locator {
  return tab.getByRole('list', { name }).getByRole('listitem')
}

async function say(tab: Page, words: string): Promise<void> {
  await tab.getByLabel('Say').fill(words)
  await tab.getByRole('button', { name: 'Send' }).click()
}

describe('two relays and two tabs', () => {
  it('exchange blocks and lines; each gets each once, blocks in order', async ({ openTab, cleanUp }) => {
    const first = await startItemRelay(cleanUp)
    const second = await startItemRelay(cleanUp, [first.address])
    const served = await servePage(exampleFolder('inventory'))
    cleanUp(() => served.close())
    const [near, far] = [await openTab(), await openTab()]
    first.items.publish(first.kinds.blocks, HEADERS[0]!)
    await near.goto(`${served.url}#${first.address}`)
    await far.goto(`${served.url}#${second.address}`)
    for (const tab of [near, far]) await expect.poll(() => listed(tab, 'Blocks').count(), SOON).toBe(1)

    // Out of order: the tabs and the second relay wait for what is missing.
    for (const at of [3, 2, 1]) first.items.publish(first.kinds.blocks, HEADERS[at]!)
    for (const tab of [near, far]) {
      await expect.poll(() => listed(tab, 'Blocks').count(), SOON).toBe(4)
      const numbers = (await listed(tab, 'Blocks').allTextContents()).map((text) => /^block (\d+)/.exec(text)?.[1])
      expect(numbers).toEqual(['129', '128', '127', '126'])
    }
    await near.getByText('2 came before their parent').waitFor(SOON)
    expect(second.got).toEqual(['block 126', 'block 127', 'block 128', 'block 129'])

    await say(near, 'hello from near')
    await far.getByText('hello from near').waitFor(SOON)
    await say(far, 'hello from far')
    await near.getByText('hello from far').waitFor(SOON)
    for (const tab of [near, far]) expect(await listed(tab, 'Lines').count()).toBe(2)
    expect(first.got).toEqual(['hello from near', 'hello from far'])
    expect(second.got.slice(4)).toEqual(['hello from near', 'hello from far'])
    for (const { items } of [first, second]) {
      expect(items.inspect().items).toMatchObject({ repeated: 0, unasked: 0, invalid: 0, orphans: 0 })
    }
  })

  it('part from a relay that passes on a line without words', async ({ openTab, cleanUp }) => {
    const relay = await startItemRelay(cleanUp)
    const served = await servePage(exampleFolder('inventory'))
    cleanUp(() => served.close())
    const tab = await openTab()
    await tab.goto(`${served.url}#${relay.address}`)
    await tab.getByText('connected with').waitFor()
    const removed = new Promise<number | bigint>((resolve) => {
      relay.node.once('peer:removed', ({ error }) => resolve(error.reason))
    })
    relay.items.publish(relay.kinds.lines, line.encode({ salt: new Uint8Array(8), words: ' ' }))
    // Subprotocol error, told by the tab.
    expect(await removed).toBe(0x10)
  })
})
