// Promises about the sources of all packages that no type can hold: one place for a text, no code without use.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { CODE_NOTES } from '../errors/code-notes.ts'
import { CODES } from '../errors/codes.ts'
import type { PeerErrorCode } from '../errors/codes.ts'

const PACKAGES = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..')

interface Source {
  /** From the folder of all packages, with slashes. */
  readonly path: string
  readonly text: string
}

/** Everything that is shipped. */
const sources: readonly Source[] = readdirSync(PACKAGES)
  .map((name) => join(PACKAGES, name, 'src'))
  .flatMap(filesIn)
  .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
  .map((path) => ({ path: relative(PACKAGES, path).replaceAll('\\', '/'), text: readFileSync(path, 'utf8') }))

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name)
      return entry.isDirectory() ? filesIn(path) : [path]
    })
  } catch {
    return [] // a package without sources
  }
}

/** Files in which a line of code, not of comment, matches. */
function pathsWith(pattern: RegExp): string[] {
  const isCode = (line: string): boolean => !/^\s*(?:\/\/|\/?\*)/.test(line)
  const holds = ({ text }: Source): boolean => text.split('\n').some((line) => isCode(line) && pattern.test(line))
  return sources.filter(holds).map(({ path }) => path)
}

describe('the name of a peer', () => {
  it('is formed with address and direction in one place', () => {
    expect(sources.length).toBeGreaterThan(100)
    expect(pathsWith(/\(\$\{[^}]*direction[^}]*\}\)|\((?:in|out)bound\)['"`]/)).toEqual(['core/src/peers/peer-name.ts'])
  })

  it('is shortened in one place', () => {
    expect(pathsWith(/(?:[kK]ey|\bid)\b.*\.slice\(0, \d+\).*(?:\.\.\.|…)/)).toEqual(['core/src/base/bytes.ts'])
    expect(pathsWith(/shortKey\(\w+\)\}@/)).toEqual(['core/src/peers/peer-name.ts'])
  })

  it('and its end are written to the log in one place', () => {
    expect(pathsWith(/['"`]Removing p2p peer/)).toHaveLength(1)
  })
})

describe('codes of errors', () => {
  const codes = Object.keys(CODE_NOTES) as PeerErrorCode[]
  /** Files that only list or judge codes. */
  const LISTS = /^core\/src\/errors\//
  /** What the note of a code begins with that only protocols of others make. */
  const RESERVED = 'For protocols'

  const isMade = (code: PeerErrorCode): boolean =>
    sources.some(({ path, text }) => !LISTS.test(path) && text.includes(`'${code}'`))

  it.each(codes)('%s is made somewhere, or its note says that it is for protocols', (code) => {
    expect({ code, reserved: CODE_NOTES[code].meaning.startsWith(RESERVED) }).toEqual({ code, reserved: !isMade(code) })
  })

  it.each(codes)('%s has a meaning and an advice, one line each, fit for a table', (code) => {
    for (const text of Object.values(CODE_NOTES[code])) expect(text).toMatch(/^[A-Z`][^\n|]*\.$/)
  })

  it('stand in docs/errors.md with all that is judged of them, meaning and advice, and no others', () => {
    const document = readFileSync(join(PACKAGES, '..', 'docs', 'errors.md'), 'utf8')
    const rows = codes.map((code) => {
      const { origin, untold, wait, misdeed } = CODES[code]
      const judged = `${origin} | ${untold ? 'no' : 'yes'} | ${wait ?? ''} | ${misdeed ? 'yes' : ''}`
      return `| ${code} | ${judged} | ${CODE_NOTES[code].meaning} | ${CODE_NOTES[code].whatToDo} |`
    })
    expect(document.split('\n').filter((line) => /^\| (?!code|number|---|0x)/.test(line))).toEqual(rows)
  })

  it('are listed in the type as often as in the notes', () => {
    const listed = sources.find(({ path }) => path === 'core/src/errors/codes.ts')!.text
    expect([...listed.matchAll(/^ {2}\| '([^']+)'$/gm)].map(([, code]) => code)).toEqual(codes)
  })
})

describe('reasons', () => {
  it('are not written as bare numbers where an error is made', () => {
    const bare = sources.flatMap(({ path, text }) =>
      [...text.matchAll(/new PeerError\(\s*'[^']+',\s*(\d+|0x[0-9a-f]+)/g)].map(([call]) => `${path}: ${call}`),
    )
    expect(bare).toEqual([])
  })
})
