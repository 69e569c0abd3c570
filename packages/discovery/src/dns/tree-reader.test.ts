// A list that is read whole: what is lost on the way, what changes meanwhile, and what never comes.
import { isPeerError, seededRandom } from '@peerwire/core'
import { createManualClock } from '@peerwire/core/testing'
import type { ManualClock } from '@peerwire/core/testing'
import { describe, expect, it } from 'vitest'
import { crypto, makeRecords, testTree, textsOf } from '../../test/test-tree.ts'
import { formatRecord } from '../records/record.ts'
import type { Resolver } from './resolver.ts'
import { TreeClient } from './tree-client.ts'
import type { TreeProgress, TreeReadOptions } from './tree-reader.ts'

const URL = testTree([]).url
const ROOT = 'nodes.example'
/** Made once: each is signed. */
const RECORDS = makeRecords(120)

/** Begins to read the list at `URL`; `last` is how far it has come. */
function begin(resolver: Resolver, options: TreeReadOptions = {}) {
  const clock = createManualClock()
  const end = new AbortController()
  const limits = { perSecond: 1e6, burst: 1e6 }
  const client = new TreeClient({ resolver, clock, crypto, random: seededRandom(3), limits })
  const seen: TreeProgress[] = []
  const progress = (now: TreeProgress): void => void seen.push({ ...now })
  const reading = client.read(URL, end.signal, { parallel: 8, progress, ...options })
  reading.catch(() => undefined)
  return { clock, end, seen, reading, last: () => seen.at(-1) }
}

async function settled<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let isSettled = false
  const mark = (): void => void (isSettled = true)
  promise.then(mark, mark)
  for (let i = 0; !isSettled && i < 10_000; i++) await clock.advanceAsync(100)
  return await promise
}

const textsIn = ({ records }: Pick<TreeProgress, 'records'>): string[] => records.map(formatRecord).toSorted()
const isRecord = (text: string): boolean => text.startsWith('enr:')

describe('a list', () => {
  const tree = testTree(RECORDS, { links: [testTree([], { domain: 'other.example' }).url] })

  it('is read by several questions at a time, and no more, each text once', async () => {
    const texts = textsOf(tree)
    let [running, most] = [0, 0]
    const resolver: Resolver = {
      texts: async (name, signal) => {
        most = Math.max(most, ++running)
        await new Promise((resolve) => setImmediate(resolve))
        running--
        return await texts.texts(name, signal)
      },
    }
    const { clock, reading, seen } = begin(resolver)
    const read = await settled(clock, reading)
    expect(textsIn(read)).toEqual(RECORDS.map(formatRecord).toSorted())
    expect(texts.asked.toSorted()).toEqual([...tree.texts.keys()].toSorted())
    expect(most).toBe(8)
    expect(seen.map(({ texts: count }) => count)).toEqual(Array.from({ length: tree.texts.size }, (_, i) => i + 1))
    const { seq, records, links } = read
    expect(seen.at(-1)).toEqual({ seq, records, links, texts: tree.texts.size, left: 0 })
    expect(clock.pendingTimers).toBe(0)
  })

  it('is read whole where every text but the root is lost at first', async () => {
    const texts = textsOf(tree)
    const lost = new Set<string>([ROOT])
    const resolver: Resolver = {
      texts: async (name, signal) => {
        if (lost.has(name)) return await texts.texts(name, signal)
        lost.add(name)
        throw new Error('ESERVFAIL')
      },
    }
    const { clock, reading } = begin(resolver)
    expect((await settled(clock, reading)).records.length).toBe(RECORDS.length)
    expect(clock.pendingTimers).toBe(0)
  })

  it('of which one text never comes ends when nothing new has come for a while, and has the others', async () => {
    const texts = textsOf(tree)
    const never = [...tree.texts].find(([, text]) => isRecord(text))![0]
    let asked = 0
    const resolver: Resolver = {
      texts: async (name, signal) => {
        if (name !== never) return await texts.texts(name, signal)
        asked++
        throw new Error('ESERVFAIL')
      },
    }
    const { clock, reading, last } = begin(resolver, { stallMs: 30_000 })
    const from = clock.now()
    const error = await settled(clock, reading).catch((thrown: unknown) => thrown)
    expect(isPeerError(error) && error.message).toBe(
      `nothing new came for 30000 ms; at last: ${never} could not be looked up: ESERVFAIL`,
    )
    expect(Math.round((clock.now() - from) / 1000)).toBe(30)
    expect(last()).toMatchObject({ left: 1, texts: tree.texts.size - 1 })
    expect(last()!.records.length).toBe(RECORDS.length - 1)
    // At once, and after 1, 2, 4, 8 and 8 s.
    expect(asked).toBe(6)
    expect(clock.pendingTimers).toBe(0)
  })

  it('that is ended has what was read, and asks no more', async () => {
    const texts = textsOf(tree)
    let cancelled = 0
    const resolver: Resolver = {
      texts: async (name, signal) => {
        if (texts.asked.length < 60) return await texts.texts(name, signal)
        return await new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            cancelled++
            reject(new Error('cancelled'))
          })
        })
      },
    }
    const { clock, end, reading, last } = begin(resolver)
    await clock.advanceAsync(100)
    end.abort(new Error('enough'))
    await expect(reading).rejects.toThrow('enough')
    expect(cancelled).toBe(8)
    expect(last()!.texts).toBe(60)
    expect(last()!.records.length).toBeGreaterThan(0)
    expect(clock.pendingTimers).toBe(0)
  })
})

describe('a list that changes while it is read', () => {
  it('is read from its beginning', async () => {
    const [first, second] = [RECORDS.slice(0, 60), RECORDS.slice(40)]
    const before = textsOf(testTree(first, { seq: 1 }))
    const after = textsOf(testTree(second, { seq: 2 }))
    const resolver: Resolver = {
      texts: (name, signal) => (before.asked.length < 30 ? before : after).texts(name, signal),
    }
    const { clock, reading } = begin(resolver)
    const read = await settled(clock, reading)
    expect(read.seq).toBe(2)
    expect(textsIn(read)).toEqual(second.map(formatRecord).toSorted())
  })

  it.each([
    [15, 1],
    [16, 0],
  ])('%d times is read %d times', async (changes, times) => {
    let seq = 0
    let all = new Map<string, string>()
    const resolver: Resolver = {
      texts: async (name) => {
        if (name === ROOT) all = new Map(testTree([RECORDS[Math.min(++seq, changes + 1)]!], { seq }).texts)
        // Of no list but the last one there is more than the root.
        const text = name === ROOT || seq > changes ? all.get(name) : undefined
        return text === undefined ? [] : [text]
      },
    }
    const { clock, reading } = begin(resolver)
    const result = await settled(clock, reading).catch((error: unknown) => error)
    if (times === 1) expect(result).toMatchObject({ seq: 16, records: [RECORDS[16]] })
    else expect(String(result)).toContain('the tree changes faster than it can be read')
  })

  it('but in no text of its own root is not believed', async () => {
    const texts = textsOf(testTree(RECORDS.slice(0, 5)))
    const name = [...texts.all].find(([, text]) => isRecord(text))![0]
    texts.all.set(name, formatRecord(RECORDS[100]!))
    const { clock, reading } = begin(texts)
    await expect(settled(clock, reading)).rejects.toThrow('does not have the hash')
    expect(texts.asked.filter((asked) => asked === ROOT).length).toBe(2)
  })
})
