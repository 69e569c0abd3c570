// Blocks of a real chain as items: a go-ethereum, the example's Node program, a second one behind it, and its page.
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { it } from '../browser/support/it.ts'
import { exampleFolder, servePage } from '../browser/support/serve.ts'
import { startProcess } from '../support/json-process.ts'
import type { JsonProcess } from '../support/json-process.ts'
import { HEAD_NUMBER, startRealGeth } from './support/real-geth.ts'

const folder = exampleFolder('inventory')
/** A block travels at once, and the chain is asked for every three seconds. */
const SOON = { timeout: 45_000 }

interface ExampleRelay {
  readonly address: string
  readonly lines: () => readonly string[]
}

async function startExampleRelay(
  cleanUp: (step: () => unknown) => void,
  address: string,
): Promise<ExampleRelay & { readonly process: JsonProcess }> {
  const relay = startProcess(process.execPath, [join(folder, 'relay.mjs'), address, 'ws://127.0.0.1:0'])
  cleanUp(() => relay.kill())
  const { text } = await relay.waitFor((line) => /^ws:\/\/[0-9a-f]{128}@/.test(String(line['text'])))
  return { process: relay, address: String(text), lines: () => relay.lines.map((line) => String(line['text'])) }
}

describe('the chain of a real geth', () => {
  it('goes over two Node programs to tabs, block by block, as it grows', async ({ openTab, cleanUp }) => {
    const geth = await startRealGeth({ pool: 0 })
    cleanUp(() => geth.kill())
    const first = await startExampleRelay(cleanUp, geth.enode)
    const second = await startExampleRelay(cleanUp, first.address)
    const served = await servePage(folder)
    cleanUp(() => served.close())
    const [near, far] = [await openTab(), await openTab()]
    await near.goto(`${served.url}#${first.address}`)
    await far.goto(`${served.url}#${second.address}`)
    for (const tab of [near, far]) {
      const blocks = tab.getByRole('list', { name: 'Blocks' }).getByRole('listitem')
      await expect.poll(() => blocks.count(), SOON).toBe(HEAD_NUMBER + 1)
    }

    const { blockHashes } = await geth.drive({ blocks: 2 })
    for (const tab of [near, far]) {
      for (const hash of blockHashes) await tab.getByText(hash.replace(/^0x/, '')).waitFor(SOON)
      const texts = await tab.getByRole('list', { name: 'Blocks' }).getByRole('listitem').allTextContents()
      const numbers = texts.map((text) => Number(/^block (\d+)/.exec(text)?.[1]))
      expect(numbers).toEqual(Array.from({ length: HEAD_NUMBER + 3 }, (_, i) => HEAD_NUMBER + 2 - i))
    }
    expect(first.lines().filter((line) => line.includes('fetched from enode://'))).toHaveLength(HEAD_NUMBER + 3)
    expect(second.lines().filter((line) => line.includes('fetched'))).toEqual([])
    await near.screenshot({ path: '.cache/screenshots/example-inventory.png' })
  })

  it('goes through `peerwire relay`, which announces it to those who know blocks', async ({
    openTab,
    startRelay,
    cleanUp,
  }) => {
    const geth = await startRealGeth({ pool: 2 })
    cleanUp(() => geth.kill())
    const relay = await startRelay({ args: ['--connect', geth.enode] })
    const served = await servePage(folder)
    cleanUp(() => served.close())
    const tab = await openTab()
    await tab.goto(`${served.url}#${relay.ws}`)
    const blocks = tab.getByRole('list', { name: 'Blocks' }).getByRole('listitem')
    await expect.poll(() => blocks.count(), SOON).toBe(HEAD_NUMBER + 1)
    const seen = relay.process.lines.filter((line) => line['event'] === 'item')
    const kinds = new Set(seen.map((line) => line['kind']))
    expect(kinds).toEqual(new Set(['block', 'transaction']))
  })
})
