// A crawl's document: one that can be read whenever the program may have been killed.
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import type { CrawledNode } from './crawl.ts'
import { writeLines, writeToFile } from './crawl-file.ts'

const head = { network: 'hoodi', startedMs: 17 }
const node = (id: string): CrawledNode => ({ id, url: `enode://${id}`, isLive: true, name: 'é"\n' })

async function temporary(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

it('is whole after each node', async () => {
  const path = join(await temporary(), 'nodes.json')
  const writer = await writeToFile(path, head)
  const read = async (): Promise<unknown> => JSON.parse(await readFile(path, 'utf8'))
  const nodes: CrawledNode[] = []
  expect(await read()).toEqual({ version: 1, ...head, nodes, isWhole: false })
  for (const id of ['a', 'b'.repeat(100_000), 'c']) {
    nodes.push(node(id))
    await writer.write(node(id))
    expect(await read()).toEqual({ version: 1, ...head, nodes, isWhole: false })
  }
  await writer.end(5)
  expect(await read()).toEqual({ version: 1, ...head, nodes, tookMs: 5, isWhole: true })
})

it('is the same as lines on standard output', async () => {
  const path = join(await temporary(), 'nodes.json')
  const lines: string[] = []
  const both = [writeLines((line) => lines.push(line), head), await writeToFile(path, head)]
  for (const writer of both) {
    for (const id of ['a', 'b']) await writer.write(node(id))
    await writer.end(5)
  }
  expect(`${lines.join('\n')}\n`).toBe(await readFile(path, 'utf8'))
})

it('that can’t be written is a sentence', async () => {
  const path = join(await temporary(), 'nowhere', 'nodes.json')
  await expect(writeToFile(path, head)).rejects.toThrow(`cannot write ${path}: `)
})
