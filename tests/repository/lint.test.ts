// Every border of the repository is held: each kind of breach is planted, and the linter finds it.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPlantedWorkspace } from './planted.ts'
import type { Finding, PlantedWorkspace } from './planted.ts'

const CORE = 'packages/core/src'

interface Breach {
  readonly title: string
  readonly file: string
  readonly text: string
  readonly rule: string
  /** Part of what is said. */
  readonly says?: string
}

const BREACHES: readonly Breach[] = [
  {
    title: 'a promise that nobody waits for',
    file: `${CORE}/peers/floating.ts`,
    text: 'async function work(): Promise<void> {}\nexport function start(): void {\n  work()\n}\n',
    rule: 'no-floating-promises',
  },
  {
    title: 'an explicit any',
    file: `${CORE}/peers/untyped.ts`,
    text: 'export const value: any = 1\n',
    rule: 'no-explicit-any',
  },
  {
    title: 'the console in a package',
    file: `${CORE}/peers/talks.ts`,
    text: "export function talk(): void {\n  console.log('x')\n}\n",
    rule: 'no-console',
  },
  {
    title: 'a comment that silences the compiler',
    file: `${CORE}/peers/silenced.ts`,
    text: "// @ts-ignore\nexport const value: number = ''\n",
    rule: 'ban-ts-comment',
  },
  {
    title: 'a skipped test',
    file: `${CORE}/peers/skipped.test.ts`,
    text: "import { expect, it } from 'vitest'\nit.skip('works', () => expect(1).toBe(1))\n",
    rule: 'no-disabled-tests',
  },
  ...platformBreaches(),
  {
    title: 'a word of Node in a file for browsers',
    file: `${CORE}/storage/other.browser.ts`,
    text: 'export const x: unknown = process\n',
    rule: 'platform',
    says: "'process'",
  },
  border(
    'a room that reaches into another',
    `${CORE}/peers/a.ts`,
    '../dialing/x.ts',
    "'peers' may not import 'dialing'",
  ),
  border('a base that knows the wire', `${CORE}/base/b.ts`, '../wire/x.ts', "'base' may not import 'wire'"),
  border('a value where only types may pass', `${CORE}/dialing/c.ts`, '../addresses/x.ts', 'only types'),
  border('a room without a row in the table', `${CORE}/gossip/d.ts`, '../base/x.ts', "'gossip' is missing"),
  border('curves outside the crypto room', `${CORE}/rlpx/e.ts`, '@noble/hashes/sha2.js', '@noble/hashes'),
  border('a Node module in the core', `${CORE}/node/f.ts`, 'node:net', '*.node.ts'),
  border(
    'a transport that knows another',
    'packages/transport-ws/src/g.ts',
    '@peerwire/transport-tcp',
    'may not import',
  ),
  border(
    'a path into another package',
    'packages/eth/src/h.ts',
    '../../core/src/base/x.ts',
    'leads out of the package',
  ),
  border(
    'ws in the browser entry',
    'packages/transport-ws/src/browser.ts',
    './socket.ts',
    "reaches 'ws' through socket.ts",
  ),
]

function border(title: string, file: string, source: string, says: string): Breach {
  return { title, file, text: `export { x } from '${source}'\n`, rule: 'borders', says }
}

function platformBreaches(): Breach[] {
  const words = [
    ['Buffer', 'Buffer.from([])'],
    ['process', 'process.pid'],
    ['window', 'window.name'],
    ['setTimeout', 'setTimeout(() => undefined, 1)'],
    ['Date', 'Date.now()'],
    ['globalThis.setTimeout', 'globalThis.setTimeout(() => undefined, 1)'],
    ['Math.random', 'Math.random()'],
    ['Math.exp', 'Math.exp(1)'],
    ['**', '1.5 ** 0.5'],
  ] as const
  return words.map(([word, expression], index) => ({
    title: `the word ${word} in the core`,
    file: `${CORE}/peers/platform-${index}.ts`,
    text: `export const value: unknown = ${expression}\n`,
    rule: 'platform',
    says: `'${word}'`,
  }))
}

/** What stands in the copy without being a breach, though it comes near one. */
const INNOCENT: Readonly<Record<string, string>> = {
  [`${CORE}/base/x.ts`]: 'export const x: number = Date.now() + Math.random()\n',
  [`${CORE}/wire/x.ts`]: "export { x } from '../base/x.ts'\n",
  [`${CORE}/dialing/x.ts`]: 'export const x: number = 2 ** 53\n',
  [`${CORE}/dialing/types.ts`]: "import type { x } from '../addresses/x.ts'\nexport type X = typeof x\n",
  [`${CORE}/addresses/x.ts`]: 'export const x: number = 1\n',
  [`${CORE}/crypto/fast.node.ts`]: "import { createHash } from 'node:crypto'\nexport const x: unknown = createHash\n",
  [`${CORE}/storage/page.browser.ts`]: 'export const x: unknown = [indexedDB, navigator.locks]\n',
  [`${CORE}/peers/own.ts`]: 'export function keep(process: number): number {\n  return process\n}\n',
  'packages/transport-ws/src/socket.ts': "import { WebSocket } from 'ws'\nexport const x: unknown = WebSocket\n",
  'packages/transport-ws/src/node.ts': "export { x } from './socket.ts'\n",
}

const CYCLE: Readonly<Record<string, string>> = {
  [`${CORE}/peers/round-a.ts`]: "import { b } from './round-b.ts'\nexport const a = (): number => b()\n",
  [`${CORE}/peers/round-b.ts`]: "import { a } from './round-a.ts'\nexport const b = (): number => a()\n",
}

describe('the linter', () => {
  let copy: PlantedWorkspace
  let findings: readonly Finding[]

  beforeAll(async () => {
    copy = createPlantedWorkspace()
    copy.plant({ ...INNOCENT, ...CYCLE, ...Object.fromEntries(BREACHES.map(({ file, text }) => [file, text])) })
    findings = await copy.lint()
  })
  afterAll(() => copy.remove())

  it.each(BREACHES)('finds $title', ({ file, rule, says = '' }) => {
    const found = findings.filter((finding) => finding.file === file && finding.rule.includes(`(${rule})`))
    expect(found.map(({ message }) => message)).toEqual([expect.stringContaining(says)])
  })

  it('finds two files that import each other', () => {
    const found = findings.filter(({ rule }) => rule.includes('no-cycle')).map(({ file }) => file)
    expect(found.toSorted()).toEqual(Object.keys(CYCLE))
  })

  it.each(Object.keys(INNOCENT))('lets %s pass', (file) => {
    expect(findings.filter((finding) => finding.file === file)).toEqual([])
  })
})
