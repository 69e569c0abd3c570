// The hello world as the README shows it: a Node program and a tab, run as they stand.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { startProcess } from '../support/json-process.ts'
import { it } from './support/it.ts'
import { exampleFolder, servePage } from './support/serve.ts'

const folder = exampleFolder('hello')
const readme = new URL('../../README.md', import.meta.url)

describe('hello world', () => {
  it('a tab says hello to a Node program and is answered by name', async ({ openTab, cleanUp }) => {
    const listener = startProcess(process.execPath, [join(folder, 'listener.mjs'), 'ws://127.0.0.1:0'])
    cleanUp(() => listener.kill())
    const served = await servePage(folder)
    cleanUp(() => served.close())
    const { text: address } = await listener.waitFor((line) => /^ws:\/\/[0-9a-f]{128}@/.test(String(line['text'])))
    const tab = await openTab()
    await tab.goto(`${served.url}#${String(address)}`)
    await tab.getByText('hello, tab').waitFor()
  })

  it.for(['listener.mjs', 'tab.ts'])('%s has at most ten lines and stands in the README as it is', async (name) => {
    const source = await readFile(join(folder, name), 'utf8')
    expect(
      source
        .trimEnd()
        .split('\n')
        .filter((line) => line !== '').length,
    ).toBeLessThanOrEqual(10)
    expect(await readFile(readme, 'utf8')).toContain(source.trimEnd())
  })
})
