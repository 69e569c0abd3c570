// The hello world as the README shows it: a Node program and a tab, run as they stand.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { resolveNode } from '@peerwire/transport-ws'
import { type JsonProcess, startProcess } from '../support/json-process.ts'
import { it } from './support/it.ts'
import { withoutKey } from './support/page-host.ts'
import { temporaryFolder } from './support/relay-process.ts'
import { exampleFolder, servePage } from './support/serve.ts'

const folder = exampleFolder('hello')
const readme = new URL('../../README.md', import.meta.url)

function startListener(cwd: string, cleanUp: (step: () => unknown) => void): JsonProcess {
  const listener = startProcess(process.execPath, [join(folder, 'listener.mjs'), 'ws://127.0.0.1:0'], { cwd })
  cleanUp(() => listener.kill())
  return listener
}

async function addressOf(listener: JsonProcess): Promise<string> {
  const { text } = await listener.waitFor((line) => /^ws:\/\/[0-9a-f]{128}@/.test(String(line['text'])))
  return String(text)
}

describe('hello world', () => {
  it('a tab says hello to a Node program and is answered by name', async ({ openTab, cleanUp }) => {
    const listener = startListener(await temporaryFolder(cleanUp), cleanUp)
    const served = await servePage(folder)
    cleanUp(() => served.close())
    const tab = await openTab()
    await tab.goto(`${served.url}#${await addressOf(listener)}`)
    await tab.getByText('hello, tab').waitFor()
  })

  it('the Node program is found under the same key when it starts again, by its URL alone, too', async ({
    cleanUp,
  }) => {
    const cwd = await temporaryFolder(cleanUp)
    const first = startListener(cwd, cleanUp)
    const keyOf = async (listener: JsonProcess): Promise<string> => (await addressOf(listener)).split('@', 1)[0]!
    const key = await keyOf(first)
    await first.kill()
    const second = startListener(cwd, cleanUp)
    expect(await keyOf(second)).toBe(key)
    const address = await addressOf(second)
    expect((await resolveNode(withoutKey(address))).addresses).toEqual([address])
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
