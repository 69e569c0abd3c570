// peerwire's address tables without a node: adding, picking, and the slices of saving and answering.
import { readFileSync } from 'node:fs'
import { defaultCrypto, portableCrypto, systemRandom } from '@peerwire/core'
import { createAddressTables } from '../../packages/core/dist/addresses/tables.js'
import { describeNode, serve, timed } from '../lib/serve.mjs'

const MANIFEST = new URL('../../packages/core/package.json', import.meta.url)
const { sha256 } = process.argv[2] === 'portable' ? portableCrypto : defaultCrypto

/** The same as btcd's side has: addresses of a fresh book, of the one that is picked from, of the one that is full. */
const PER_BOOK = 10_000
const PICK_FROM = 20_000
const FULL_AT = 200_000
/** Addresses told by one source, and every which of them was connected. */
const PER_SOURCE = 50
const GOOD_EACH = 5
/** Addresses added before a round is measured. */
const WARM_AFTER = 30_000

const now = Math.floor(Date.now() / 1000)
const publicKey = systemRandom.bytes(64)
const first = lists(0, PER_BOOK)
/** How far behind the system's word on a thread's time may be. */
const TICK_MS = 4

let warmth = 0
let full
let next = FULL_AT
let pickFrom

await serve({
  describe: () => describeNode('peerwire addresses', MANIFEST),
  'addresses-add': async ({ count, full: isFull }) => (isFull ? await addToFull(count) : await addToFresh(count)),
  'addresses-pick': async ({ count }) => {
    pickFrom ??= filled(PICK_FROM)
    return await timed(() => {
      for (let i = 0; i < count; i++) if (!pickFrom.select(now)) throw new Error('nobody was picked')
    })
  },
  /** Slices of each kind with a full book: the longest but one in a hundred, in milliseconds at most. */
  'addresses-slices': () => {
    const book = fullBook()
    const copy = createAddressTables({ random: systemRandom, sha256, header: book.header() })
    const times = { save: [], load: [], sample: [] }
    const slice = (kind, work) => {
      const worked = threadMs()
      const start = performance.now()
      const result = work()
      const clockMs = performance.now() - start
      const threadMost = threadMs() - worked + TICK_MS
      times[kind].push(Number.isNaN(threadMost) ? clockMs : Math.min(clockMs, threadMost))
      return result
    }
    const rows = book.rows()
    for (let one = slice('save', () => rows.next()); !one.done; one = slice('save', () => rows.next())) {
      slice('load', () => copy.restore(one.value, now))
    }
    for (let i = 0; i < 100; i++) slice('sample', () => book.sample(now))
    const longest = Object.entries(times).map(([kind, all]) => [
      kind,
      all.toSorted((a, b) => a - b)[Math.floor(all.length * 0.99)],
    ])
    return { ...Object.fromEntries(longest), total: book.counts().total }
  },
})

/** What this thread has worked, to the tick and where the system tells: without the collector's helpers. */
function threadMs() {
  try {
    return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6
  } catch {
    return Infinity
  }
}

function createTables() {
  return createAddressTables({ random: systemRandom, sha256 })
}

async function addToFresh(count) {
  // A round on a busy machine is too short for the compiler to have seen the code.
  while (warmth < WARM_AFTER) warmth += filled(PER_BOOK).counts().total
  globalThis.gc()
  return await timed(() => {
    let book
    for (let done = 0; done < count; done += PER_SOURCE) {
      if (done % PER_BOOK === 0) book = createTables()
      const { heard, source } = first[(done % PER_BOOK) / PER_SOURCE]
      const length = Math.min(PER_SOURCE, count - done)
      for (let i = 0; i < length; i++) book.add(heard[i], source, now)
    }
  })
}

async function addToFull(count) {
  const book = fullBook()
  const all = lists(next, count)
  next += count
  globalThis.gc()
  return await timed(() => {
    for (const { heard, source } of all) for (const one of heard) book.add(one, source, now)
  })
}

function fullBook() {
  full ??= filled(FULL_AT)
  return full
}

function filled(count) {
  const book = createTables()
  for (const { heard, source } of lists(0, count)) {
    for (const [i, one] of heard.entries()) {
      book.add(one, source, now)
      if (i % GOOD_EACH === 0) book.good(one.address, publicKey, now)
    }
  }
  return book
}

/** What sources tell of so many addresses from a number on. */
function lists(from, count) {
  const all = []
  for (let i = from; i < from + count; i++) {
    if ((i - from) % PER_SOURCE === 0) all.push({ heard: [], source: sourceOf(Math.floor(i / PER_SOURCE)) })
    all.at(-1).heard.push({ address: addressOf(i), publicKey, time: now })
  }
  return all
}

function addressOf(i) {
  return ip(11 + (i % 80), i >> 3, i >> 11, i)
}

function sourceOf(j) {
  return ip(11 + ((7 * j) % 80), 13 * j, 9, 9)
}

function ip(...bytes) {
  return { network: 1, bytes: Uint8Array.from(bytes), port: 30_303, transport: 'tcp', path: '' }
}
