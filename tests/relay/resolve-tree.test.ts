// `peerwire resolve enrtree://…`, asked of a DNS server of this test.
import { type Clock, createDeferred, defaultCrypto, generatePrivateKey } from '@peerwire/core'
import { createManualClock } from '@peerwire/core/testing'
import { formatRecord, makeTree, type NodeRecord, type SignedTree, signRecord } from '@peerwire/discovery'
import { describe, expect } from 'vitest'
import { tellProgress } from '../../packages/relay/src/resolve/tree.ts'
import { rounds } from '../support/counts.ts'
import { it } from './support/command.ts'
import { type DnsServer, startDnsServer } from './support/dns-server.ts'

const DOMAIN = 'nodes.example'
const key = generatePrivateKey()

function makeRecords(count: number): readonly NodeRecord[] {
  return Array.from({ length: count }, (_, i) => {
    const values = { ip: Uint8Array.of(127, 0, 0, 1), tcp: 30_303, udp: i + 1 }
    return signRecord({ seq: 7n, values }, generatePrivateKey(), defaultCrypto)
  })
}

const treeOf = (records: readonly NodeRecord[], seq = 3): SignedTree =>
  makeTree({ domain: DOMAIN, seq, records, links: [] }, key, defaultCrypto)

async function serve(tree: SignedTree, cleanUp: (step: () => unknown) => void): Promise<DnsServer> {
  const server = await startDnsServer(tree)
  cleanUp(() => server.close())
  return server
}

describe('peerwire resolve', () => {
  it('reads a list in DNS, every entry checked', async ({ run, cleanUp }) => {
    const [record] = makeRecords(1)
    const tree = treeOf([record!])
    const server = await serve(tree, cleanUp)
    const where = ['--dns-server', server.address, '--json']
    const { code, lines } = await run('resolve', tree.url, ...where)
    expect(code).toBe(0)
    const first = { 'first seq': '7', 'first ip': '127.0.0.1', 'first record': formatRecord(record!) }
    const counts = { seq: 3, isWhole: true, texts: 4, records: 1, links: [] }
    expect(lines).toMatchObject([{ event: 'tree', url: tree.url, ...counts, ...first }])

    server.texts.set(DOMAIN, server.texts.get(DOMAIN)!.replace('seq=3', 'seq=4'))
    const forged = await run('resolve', tree.url, ...where)
    const sentence = "peerwire resolve: invalid item: the signature is not of the tree's key\n"
    expect([forged.code, forged.stderr]).toEqual([1, sentence])
  })

  it(
    'reads a long list whole, asks again what is lost, and tells on standard error how far it has come',
    {
      timeout: 600_000,
    },
    async ({ start, cleanUp }) => {
      const records = makeRecords(rounds(30, 9_200))
      const tree = treeOf(records)
      const server = await serve(tree, cleanUp)
      const names = [...tree.texts.keys()].map((name) => name.toLowerCase())
      const [lost, slow] = [new Set(names.slice(0, rounds(2, 100))), nameOf(tree, records[4]!)]
      const where = ['--dns-server', server.address, '--rate', '10000', '--all', '--json']
      const child = start(['resolve', tree.url, ...where])
      // Whoever gets no answer asks again: by then there may be a line.
      server.answers = (name) => !lost.delete(name) && (name !== slow || child.stderr !== '')
      expect(await child.exited).toBe(0)
      const printed = child.lines.filter(({ event }) => event === 'record').map(({ record }) => String(record))
      expect(printed.toSorted()).toEqual(records.map(formatRecord).toSorted())
      expect(child.lines.at(-1)).toMatchObject({ event: 'tree', isWhole: true, texts: tree.texts.size })
      expect(child.stderr).toMatch(/^peerwire resolve: \d+ of at least \d+ texts, \d+ records\n/)
    },
  )

  it.for<[how: string, args: string[], why: string]>([
    ['SIGINT', [], 'stopped by SIGINT'],
    ['its timeout', ['--timeout', '4000'], 'no end within 4000 ms'],
  ])('that %s ends gives what it has, and says so', async ([how, args, why], { start, cleanUp }) => {
    const records = makeRecords(20)
    const tree = treeOf(records)
    const server = await serve(tree, cleanUp)
    const [held, name] = [createDeferred<void>(), nameOf(tree, records[4]!)]
    server.answers = (asked) => {
      if (asked !== name) return true
      if (server.asked.filter((each) => each === name).length === 2) held.resolve()
      return false
    }
    const child = start(['resolve', tree.url, '--dns-server', server.address, ...args, '--all', '--json'])
    await held.promise
    if (how.startsWith('SIG')) process.kill(child.pid, how)
    expect(await child.exited).toBe(1)
    const printed = child.lines.filter(({ event }) => event === 'record').map(({ record }) => String(record))
    const others = records.filter((record) => record !== records[4]).map(formatRecord)
    expect(printed.length).toBeGreaterThan(0)
    expect(others).toEqual(expect.arrayContaining(printed))
    const last = child.lines.at(-1)!
    expect(last).toMatchObject({ event: 'tree', seq: 3, isWhole: false, records: printed.length })
    const { texts, left } = last as { texts: number; left: number }
    expect(texts + left).toBeLessThanOrEqual(tree.texts.size)
    const sentence = `: read were ${texts} of at least ${texts + left} texts, ${printed.length} records`
    expect(child.stderr.trimEnd().split('\n').at(-1)).toBe(`peerwire resolve: ${why}${sentence}`)
  })
})

describe('the lines of a reading', () => {
  it('come after a second, and then every five, and say when nothing is new', () => {
    const clock: Clock & { advance(ms: number): void } = createManualClock()
    const lines: string[] = []
    const { progress, stop } = tellProgress(clock, (line) => lines.push(line))
    const at = { seq: 1, records: [], links: [] }
    clock.advance(1_000)
    expect(lines).toEqual([])
    progress({ ...at, texts: 5, left: 9 })
    progress({ ...at, texts: 6, left: 20 })
    clock.advance(5_000)
    clock.advance(5_000)
    expect(lines).toEqual(['6 of at least 26 texts, 0 records', '6 of at least 26 texts, 0 records; nothing new'])
    stop()
    clock.advance(60_000)
    expect(lines.length).toBe(2)
  })
})

/** What a record's text is asked for by. */
function nameOf(tree: SignedTree, record: NodeRecord): string {
  return [...tree.texts].find(([, text]) => text === formatRecord(record))![0].toLowerCase()
}
