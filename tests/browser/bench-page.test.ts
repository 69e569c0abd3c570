// The page of figures: each figure can be measured with both providers. What they are is for `npm run bench`.
import { join } from 'node:path'
import type {} from '../../examples/bench-page/src/visit.ts'
import { describe, expect } from 'vitest'
import { startProcess } from '../support/json-process.ts'
import { it } from './support/it.ts'
import { exampleFolder, servePage } from './support/serve.ts'

const folder = exampleFolder('bench-page')

describe('the page of figures', () => {
  it('measures every figure with both providers, and says so', async ({ openTab, cleanUp }) => {
    const listener = startProcess(process.execPath, [join(folder, 'listener.mjs'), 'ws://127.0.0.1:0'])
    cleanUp(() => listener.kill())
    const { text: address } = await listener.waitFor((line) => /^ws:\/\/[0-9a-f]{128}@/.test(String(line['text'])))
    const served = await servePage(folder)
    cleanUp(() => served.close())
    const tab = await openTab()
    await tab.goto(`${served.url}#short:${String(address)}`)
    const state = tab.getByRole('status')
    await expect.poll(() => state.getAttribute('data-state'), { timeout: 60_000 }).toBe('done')
    const cells = await tab.locator('#figures tbody td.number').allTextContents()
    expect(cells.length).toBe(2 * (await tab.locator('#figures tbody tr').count()))
    for (const text of cells) expect(Number(text.replaceAll(',', ''))).toBeGreaterThan(0)
  })

  it('tells a first visit an item unasked, and when it came', async ({ openTab, cleanUp }) => {
    const listener = startProcess(process.execPath, [join(folder, 'listener.mjs'), 'ws://127.0.0.1:0'])
    cleanUp(() => listener.kill())
    const { text: address } = await listener.waitFor((line) => /^ws:\/\/[0-9a-f]{128}@/.test(String(line['text'])))
    const served = await servePage(folder)
    cleanUp(() => served.close())
    const tab = await openTab()
    await tab.goto(`${served.url}visit.html#${String(address)}`)
    await tab.getByText('300 bytes from bench-listener').waitFor()
    const { loadedMs, peerMs, itemMs } = await tab.evaluate(() => window.visited)
    expect(loadedMs < peerMs && peerMs <= itemMs).toBe(true)
  })

  it('without a listener says what to do, and with a wrong one what failed', async ({ openTab, cleanUp }) => {
    const served = await servePage(folder)
    cleanUp(() => served.close())
    const tab = await openTab({ expectedErrors: /WebSocket/ })
    await tab.goto(served.url)
    await tab.getByText('Start the listener').waitFor()
    await tab.getByLabel('Listener').fill(`ws://${'11'.repeat(64)}@127.0.0.1:1/`)
    await tab.getByRole('button', { name: 'Measure' }).click()
    await tab.getByText('could not be measured').waitFor()
    expect(await tab.locator('td[data-state="failed"]').count()).toBeGreaterThan(0)
  })
})
