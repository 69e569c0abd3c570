// The rules for files are held: each kind of breach is planted and found, in a folder that git doesn't know.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkFiles } from '../../scripts/lib/file-rules.mjs'

const MAX_LINES = 400

describe('the rules for files', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'peerwire-files-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  const host = ['registry', 'npmjs', 'org'].join('.')
  const home = ['', 'home', 'somebody', 'code'].join('/')
  it.each([
    ['a source of one line too many', 'long.ts', 'x\n'.repeat(MAX_LINES + 1), 'long.ts: 401 lines, more than 400'],
    ['a line that is too long', 'wide.ts', `// ${'word '.repeat(30)}\n`, 'wide.ts:1: 153 characters, more than 120'],
    ['a path of a machine', 'notes.md', `\nsee ${home}\n`, 'notes.md:2: a path of somebody’s machine'],
    ['the host of a registry', 'lock.yaml', `url: https://${host}/x\n`, 'lock.yaml:1: the host of a registry'],
    [
      'a port that may be gone when it is used',
      'x.test.ts',
      `const p = await ${['getFree', 'Port'].join('')}()\n`,
      'x.test.ts:1: a port that is looked for before it is taken',
    ],
  ])('finds %s', (_title, file, text, breach) => {
    writeFileSync(join(folder, file), text)
    expect(checkFiles(folder)).toEqual([breach])
  })

  it('finds what a compiler left beside a source', () => {
    writeFileSync(join(folder, 'x.ts'), 'export {}\n')
    writeFileSync(join(folder, 'x.js'), 'export {}\n')
    expect(checkFiles(folder)).toEqual(['x.js: compiled beside its source'])
  })

  it('lets ordinary text pass', () => {
    writeFileSync(join(folder, 'fine.ts'), `// a path such as packages/core/home/x, a URL wss://relay.example/work/x\n`)
    writeFileSync(join(folder, 'full.ts'), 'x\n'.repeat(MAX_LINES))
    expect(checkFiles(folder)).toEqual([])
  })
})
