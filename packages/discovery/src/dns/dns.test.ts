// DNS node lists: what is made is read again, what is wrong is refused with its reason, and nobody is asked in vain.
import { isPeerError, seededRandom, systemClock, toHex } from '@peerwire/core'
import type { Clock, PeerError } from '@peerwire/core'
import { createManualClock } from '@peerwire/core/testing'
import type { ManualClock } from '@peerwire/core/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import type { LookupLimits } from './lookups.ts'
import { MAX_TREES, TreeClient } from './tree-client.ts'
import type { Tree } from './tree-client.ts'
import type { Resolver } from './resolver.ts'
import { crypto, makeRecords, testTree, textsOf, treeKey } from '../../test/test-tree.ts'
import {
  formatTreeUrl,
  labelOf,
  MAX_CHILDREN,
  MAX_TEXT,
  parseTreeUrl,
  readRoot,
  writeBranch,
  writeRoot,
} from './tree-text.ts'
import { RECHECK_MS } from './tree-walk.ts'
// What is loaded on use is there when a clock is moved.
import './tree-reader.ts'

const signal = new AbortController().signal
/** Enough to read a tree in one go. */
const FAST: Partial<LookupLimits> = { perSecond: 1e6, burst: 1e6 }

function client(
  resolver: Resolver,
  {
    clock = createManualClock(),
    limits = FAST,
    seqs = new Map(),
  }: { clock?: Clock; limits?: Partial<LookupLimits>; seqs?: ReadonlyMap<string, number> } = {},
): TreeClient {
  return new TreeClient({ resolver, clock, crypto, random: seededRandom(3), limits, seqs })
}

async function failureOf(promise: Promise<unknown>): Promise<PeerError> {
  const error: unknown = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!isPeerError(error)) throw new Error(`not a PeerError: ${String(error)}`)
  return error
}

/** Lets time pass in small steps until the promise settles. */
async function until<T>(clock: ManualClock, promise: Promise<T>, stepMs = 100, steps = 100_000): Promise<T> {
  let settled = false
  const mark = (): void => void (settled = true)
  promise.then(mark, mark)
  for (let i = 0; !settled && i < steps; i++) await clock.advanceAsync(stepMs)
  return await promise
}

describe('a tree', () => {
  it.each([0, 1, 13, 14, 170, 400])('of %d records is read as it was made', async (count) => {
    const records = makeRecords(count)
    const other = testTree([], { domain: 'other.example' })
    const tree = testTree(records, { seq: 42, links: [other.url] })
    const read = await client(textsOf(tree)).read(tree.url, signal)
    expect(read).toMatchObject({ url: tree.url, seq: 42, links: [other.url] })
    const ids = (all: Tree['records']): string[] => all.map(({ bytes }) => toHex(bytes)).toSorted()
    expect(ids(read.records)).toEqual(ids(records))
    for (const text of tree.texts.values()) expect(text.length).toBeLessThanOrEqual(404)
  })

  it('is the same whatever the order of its records', () => {
    const records = makeRecords(30)
    expect(testTree(records.toReversed()).texts).toEqual(testTree(records).texts)
  })

  it('has a URL that is read as it is written, in any case', () => {
    const { url } = testTree([])
    expect(formatTreeUrl(parseTreeUrl(url))).toBe(url)
    const [head, domain] = url.split('@')
    expect(formatTreeUrl(parseTreeUrl(`${head!.toLowerCase()}@${domain!.toUpperCase()}.`))).toBe(url)
  })

  it.each([
    '',
    'enrtree://nodes.example',
    'enrtree://AAAA@nodes.example',
    `enrtree://${'A'.repeat(53)}@nodes.example`,
    'https://nodes.example',
    `${testTree([]).url}/path`,
    `${testTree([]).url}${'.a'.repeat(200)}`,
  ])('URL that is none is refused: %s', (text) => {
    expect(() => parseTreeUrl(text)).toThrow(TypeError)
  })
})

describe('what is refused, with its reason', () => {
  const records = makeRecords(20)
  const tree = testTree(records, { seq: 5 })
  const root = tree.texts.get('nodes.example')!

  it.each<[string, (all: Map<string, string>) => void, RegExp]>([
    ['a name without a root', (all) => all.delete('nodes.example'), /nodes\.example has no text of a tree/],
    ['a root cut short', (all) => all.set('nodes.example', root.slice(0, -1)), /a root that can not be read/],
    ['another version', (all) => all.set('nodes.example', root.replace('v1', 'v2')), /a root that can not be read/],
    ['a changed sequence', (all) => all.set('nodes.example', root.replace('seq=5', 'seq=6')), /signature/],
    [
      'the root of another key',
      (all) => {
        const other = crypto.keccak256(treeKey)
        const labels = { records: labelOf('enrtree-branch:', crypto), links: labelOf('enrtree-branch:', crypto) }
        all.set('nodes.example', writeRoot({ ...labels, seq: 5 }, other, crypto))
      },
      /signature/,
    ],
    [
      'a text of another hash',
      (all) => {
        const name = [...all].find(([, text]) => text.startsWith('enr:'))![0]
        all.set(
          name,
          [...all.values()].findLast((text) => text.startsWith('enr:'))!,
        )
      },
      /does not have the hash/,
    ],
    [
      'an entry that is missing',
      (all) => all.delete([...all].find(([, text]) => text.startsWith('enr:'))![0]),
      /has no text of a tree/,
    ],
  ])('%s', async (_, spoil, reason) => {
    const resolver = textsOf(tree)
    spoil(resolver.all)
    const error = await failureOf(client(resolver).read(tree.url, signal))
    expect(error).toMatchObject({ code: 'invalid item' })
    expect(error.message).toMatch(reason)
  })

  /** A tree whose root of records is this text. */
  function treeOf(text: string, where: 'records' | 'links' = 'records', more: readonly string[] = []) {
    const texts = [text, 'enrtree-branch:', ...more]
    const all = new Map(texts.map((each) => [`${labelOf(each, crypto)}.nodes.example`, each]))
    const labels = { records: labelOf('enrtree-branch:', crypto), links: labelOf('enrtree-branch:', crypto) }
    all.set('nodes.example', writeRoot({ ...labels, [where]: labelOf(text, crypto), seq: 5 }, treeKey, crypto))
    return textsOf({ texts: all })
  }

  const children = (count: number): string[] => Array.from({ length: count }, (_, i) => labelOf(`${i}`, crypto))
  const record = [...tree.texts.values()].find((text) => text.startsWith('enr:'))!

  it.each<[string, Resolver, RegExp]>([
    ['a link among the records', treeOf(tree.url), /is a link among the records/],
    ['a record among the links', treeOf(record, 'links'), /is a record among the links/],
    ['a text of no kind', treeOf('enrsomething'), /of unknown kind/],
    ['a record that is none', treeOf('enr:AAAA'), /a record of the tree: /],
    ['a branch too wide', treeOf(writeBranch(children(MAX_CHILDREN + 1))), /a branch of 33 children/],
    ['a label that is no hash', treeOf('enrtree-branch:ABC'), /"ABC" is no hash/],
    ['a text too long', treeOf(`enr:${'A'.repeat(MAX_TEXT)}`), /a text of 1028 characters/],
    ['two roots', { texts: async () => [root, root] }, /has 2 texts of a tree/],
  ])('%s', async (_, resolver, reason) => {
    const error = await failureOf(client(resolver).read(tree.url, signal))
    expect(error.message).toMatch(reason)
  })

  it('a branch as wide as may be is read', async () => {
    const records2 = makeRecords(MAX_CHILDREN).map(({ bytes }) => bytes)
    expect(records2.length).toBe(MAX_CHILDREN)
    const branch = writeBranch(children(MAX_CHILDREN))
    const error = await failureOf(client(treeOf(branch)).read(tree.url, signal))
    // Its children are made up, so the first of them is what is missed.
    expect(error.message).toMatch(/has no text of a tree/)
  })

  it('a branch that names one entry many times is walked once', async () => {
    const label = labelOf(record, crypto)
    const branch = writeBranch(Array.from({ length: MAX_CHILDREN }, () => label))
    const resolver = treeOf(branch, 'records', [record])
    expect((await client(resolver).read(tree.url, signal)).records.length).toBe(1)
    expect(resolver.asked.length).toBe(4)
  })

  it('a sequence that goes back, also behind what was seen before a restart', async () => {
    const older = testTree(records, { seq: 4 })
    const seqs = new Map([[tree.url, 5]])
    const error = await failureOf(client(textsOf(older), { seqs }).read(tree.url, signal))
    expect(error.message).toBe('the sequence went back from 5 to 4')
    expect((await client(textsOf(tree), { seqs }).read(tree.url, signal)).seq).toBe(5)
  })

  it('anything that strangers make up, without another kind of error', async () => {
    const texts = fc.oneof(fc.string(), fc.constantFrom(...tree.texts.values(), 'enrtree-branch:', 'enr:', tree.url))
    const key = parseTreeUrl(tree.url).key
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 0, max: 400 }), fc.string(), async (text, at, put) => {
        const spoiled = text.slice(0, at) + put + text.slice(at)
        const failures = [(): unknown => readRoot(spoiled, key, crypto)]
        for (const fail of failures) {
          try {
            fail()
          } catch (error) {
            expect(isPeerError(error)).toBe(true)
          }
        }
        const resolver: Resolver = { texts: async (name) => (name === 'nodes.example' ? [root] : [spoiled]) }
        expect(isPeerError(await failureOf(client(resolver).read(tree.url, signal)))).toBe(true)
      }),
      { seed: 1, numRuns: rounds(100, 1000) },
    )
  })
})

describe('the lookups', () => {
  const tree = testTree(makeRecords(60))

  it('are ten at once, then three a second', async () => {
    const clock = createManualClock()
    const resolver = textsOf(tree)
    const reading = client(resolver, { clock, limits: {} }).read(tree.url, signal)
    await clock.advanceAsync(0)
    expect(resolver.asked.length).toBe(10)
    for (let second = 1; second <= 10; second++) {
      await clock.advanceAsync(1000)
      expect(resolver.asked.length).toBeLessThanOrEqual(10 + 3 * second)
      expect(resolver.asked.length).toBeGreaterThanOrEqual(9 + 3 * second)
    }
    await until(clock, reading)
  })

  it('end after 5 s, and the sentence names the name', async () => {
    const clock = createManualClock()
    let cancelled = false
    const silent: Resolver = {
      texts: (_, asked) => new Promise(() => asked.addEventListener('abort', () => (cancelled = true))),
    }
    const failing = failureOf(client(silent, { clock }).read(tree.url, signal))
    await clock.advanceAsync(0) // what reads is loaded, and asks
    await clock.advanceAsync(4999)
    expect(cancelled).toBe(false)
    await clock.advanceAsync(1)
    expect(await failing).toMatchObject({
      code: 'request timeout',
      message: 'no answer about nodes.example within 5000 ms',
    })
    expect(cancelled).toBe(true)
    expect(clock.pendingTimers).toBe(0)
  })

  it('that fail say why', async () => {
    const broken: Resolver = { texts: () => Promise.reject(new Error('SERVFAIL')) }
    const error = await failureOf(client(broken).read(tree.url, signal))
    expect(error.message).toBe('nodes.example could not be looked up: SERVFAIL')
  })

  it('are ended by whoever waits', async () => {
    const controller = new AbortController()
    const silent: Resolver = { texts: () => new Promise(() => undefined) }
    const reading = client(silent).read(tree.url, controller.signal)
    controller.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
  })
})

describe('the endless walk', () => {
  it('asks only for what is taken', async () => {
    const resolver = textsOf(testTree(makeRecords(200)))
    const walk = client(resolver)
    walk.add(testTree([]).url)
    const records = walk.records(signal)
    expect(resolver.asked.length).toBe(0)
    expect((await records.next()).value?.publicKey?.length).toBe(64)
    // The root, the links, and one way down through at most three branches.
    expect(resolver.asked.length).toBeLessThanOrEqual(7)
    await records.return()
  })

  it('gives each record once a round, and goes on from what it keeps', async () => {
    const made = makeRecords(30)
    const tree = testTree(made)
    const resolver = textsOf(tree)
    const walk = client(resolver)
    walk.add(tree.url)
    const rounds: string[][] = []
    const records = walk.records(signal)
    for (let round = 0; round < 3; round++) {
      const ids: string[] = []
      for (let i = 0; i < 30; i++) ids.push(toHex((await records.next()).value!.id!))
      rounds.push(ids)
    }
    for (const ids of rounds) expect(new Set(ids).size).toBe(30)
    expect(rounds[0]).not.toEqual(rounds[1])
    expect(resolver.asked.length).toBe(tree.texts.size)
  })

  it('gives every record by the clock of the platform, whose every reading is later than the one before', async () => {
    const tree = testTree(makeRecords(50))
    const resolver = textsOf(tree)
    const walk = client(resolver, { clock: systemClock })
    walk.add(tree.url)
    const found = new Set<string>()
    for await (const record of walk.records(signal)) {
      found.add(toHex(record.id!))
      if (found.size === 50) break
    }
    expect(resolver.asked.length).toBe(tree.texts.size)
  })

  it('follows links, ends in no loop, and has a bound', async () => {
    const count = MAX_TREES + 10
    const urls = Array.from({ length: count }, (_, i) => testTree([], { domain: `t${i}.example` }).url)
    // Each links to the next and back to the first, and the first to itself.
    const trees = urls.map((_, i) =>
      testTree(makeRecords(1), { domain: `t${i}.example`, links: [urls[0]!, urls[(i + 1) % count]!] }),
    )
    const walk = client(textsOf(...trees))
    walk.add(urls[0]!)
    const found = new Set<string>()
    const records = walk.records(signal)
    for (let i = 0; i < 20 * MAX_TREES; i++) found.add(toHex((await records.next()).value!.id!))
    expect(found.size).toBe(MAX_TREES)
    expect(walk.inspect()).toMatchObject({ lastTrouble: 'a link of the tree: more than 32 trees' })
    expect(() => walk.add(testTree([], { domain: 'one.more' }).url)).toThrow(RangeError)
  })

  it('notices a new tree within half an hour, and keeps the old one when the new one is wrong', async () => {
    const clock = createManualClock()
    const [first, second] = [makeRecords(1), makeRecords(1)]
    const resolver = textsOf(testTree(first, { seq: 1 }))
    const walk = client(resolver, { clock })
    walk.add(testTree([]).url)
    const records = walk.records(signal)
    const next = async (): Promise<string> => toHex((await until(clock, records.next())).value!.id!)
    expect(await next()).toBe(toHex(first[0]!.id!))
    for (const [name, text] of testTree(second, { seq: 0 }).texts) resolver.all.set(name, text)
    await clock.advanceAsync(RECHECK_MS)
    expect(await next()).toBe(toHex(first[0]!.id!))
    expect(walk.inspect().lastTrouble).toBe('the sequence went back from 1 to 0')
    for (const [name, text] of testTree(second, { seq: 2 }).texts) resolver.all.set(name, text)
    await clock.advanceAsync(RECHECK_MS)
    expect(await next()).toBe(toHex(second[0]!.id!))
    expect(walk.seqs).toEqual(new Map([[testTree([]).url, 2]]))
  })

  it('of a tree without nodes, or that nobody answers about, waits and does not spin', async () => {
    for (const resolver of [textsOf(testTree([])), textsOf()]) {
      const clock = createManualClock()
      const walk = client(resolver, { clock, limits: {} })
      walk.add(testTree([]).url)
      const controller = new AbortController()
      const ended = walk.records(controller.signal).next()
      for (let hour = 0; hour < 24; hour++) await clock.advanceAsync(3_600_000)
      // Two looks an hour, and a few more at first.
      expect(resolver.asked.length).toBeLessThanOrEqual(60)
      controller.abort()
      expect((await ended).done).toBe(true)
      expect(clock.pendingTimers).toBe(0)
    }
  })
})
