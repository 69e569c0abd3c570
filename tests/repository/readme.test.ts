// The code that documents show is the code that tests run.
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'

const root = new URL('../../', import.meta.url)
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8')

describe('README.md', () => {
  it.each([
    'examples/hello/listener.mjs',
    'examples/hello/tab.ts',
    'examples/hello/remember.ts',
    'examples/protocol/tally.ts',
    'examples/protocol/tally.test.ts',
    'examples/protocol/notes.ts',
    'examples/protocol/notes.test.ts',
  ])('shows %s as it stands', async (path) => {
    expect(await read('README.md')).toContain(`\n${(await read(path)).trimEnd()}\n\`\`\``)
  })

  it('keeps its promise of lines', async () => {
    const lines = async (path: string): Promise<number> =>
      (await read(path)).split('\n').filter((line) => line !== '' && !line.startsWith('//')).length
    expect(await lines('examples/hello/listener.mjs')).toBeLessThanOrEqual(10)
    expect(await lines('examples/hello/tab.ts')).toBeLessThanOrEqual(10)
    expect(await lines('examples/protocol/tally.ts')).toBeLessThanOrEqual(15)
    expect(await lines('examples/protocol/tally.test.ts')).toBeLessThanOrEqual(10)
  })
})

describe('ARCHITECTURE.md', () => {
  it('names only files that exist', async () => {
    const text = await read('ARCHITECTURE.md')
    const named = [
      ...text.matchAll(/`((?:node|peers|errors|dialing|wire|rlpx|inventory|book|storage)\/[a-z-]+(?:\.test)?\.ts)`/g),
    ]
    expect(named.length).toBeGreaterThan(20)
    for (const [, path] of named) await read(`packages/core/src/${path}`)
  })
})
