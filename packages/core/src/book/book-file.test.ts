import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bytesToUtf8, utf8ToBytes } from '../base/bytes.ts'
import { randomBelow, seededRandom } from '../base/random.ts'
import { countOf } from '../testing/counts.ts'
import { crc32 } from '../base/crc32.ts'
import { decodeLines, encodeLines } from '../keeping/stored-lines.ts'
import type { ReadLines } from '../keeping/stored-lines.ts'
import type { BookHeader } from './book-file.ts'
import { bookForm } from './book-file.ts'

const ROWS = 400
/** Any of the 65,536, halves of pairs too. */
const anyUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code))
const HEADER: BookHeader = {
  network: 'main',
  savedAt: 1_767_225_600,
  tables: { version: 1, key: 'ab'.repeat(32), groups: 'networks 1', successes: 3 },
  anchors: ['enode://x', 'enode://y'],
}

function row(n: number): object {
  const text = n.toString(16).padStart(8, '0')
  return { address: `1 tcp ${text}:30303`, publicKey: text.repeat(16), time: n, buckets: [n % 1024] }
}

function done<T>(work: Generator<unknown, T, void>): T {
  for (;;) {
    const step = work.next()
    if (step.done) return step.value
  }
}

function write(count: number, header = HEADER): Uint8Array {
  const rows = Array.from({ length: count }, (_, n) => row(n))
  const slices = Array.from({ length: Math.ceil(count / 250) }, (_, i) => rows.slice(i * 250, i * 250 + 250))
  return done(encoding(header, slices))
}

const encoding = (header: BookHeader, rows: object[][]) =>
  encodeLines(bookForm('peers.json', header.network, () => ({ header, rows })))
const decoding = (bytes: Uint8Array, network = 'main') =>
  decodeLines(
    bookForm('peers.json', network, () => ({ header: HEADER, rows: [] })),
    bytes,
  )
const read = (bytes: Uint8Array, network?: string): ReadLines => done(decoding(bytes, network))

const right = new Set(Array.from({ length: ROWS }, (_, n) => JSON.stringify(row(n))))

/** How many of the rows came back as they were. */
function intact({ batches }: ReadLines): number {
  return batches.flat().filter((found) => right.has(JSON.stringify(found))).length
}

describe('a book as a file', () => {
  it('is the same after writing and reading', () => {
    const book = read(write(ROWS))
    expect(book).toMatchObject({ header: HEADER, rows: ROWS, damage: undefined, foreign: undefined })
    expect(intact(book)).toBe(ROWS)
    expect(read(write(0))).toMatchObject({ header: HEADER, rows: 0, damage: undefined })
  })

  it('is JSON', () => {
    const lines = JSON.parse(bytesToUtf8(write(3))) as [string, unknown][]
    expect(lines.map(([, value]) => value)).toMatchObject([HEADER, row(0), row(1), row(2), { ...HEADER, rows: 3 }])
  })

  it('takes any text, line by line', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ text: fc.string({ unit: anyUnit }) }), { maxLength: 5 }), (rows) => {
        expect(read(done(encoding(HEADER, [rows]))).batches.flat()).toEqual(rows)
      }),
      { numRuns: countOf({ short: 12, long: 1000 }) },
    )
  })

  it('has the usual checksum', () => {
    expect([crc32('123456789'), crc32(''), crc32('ü')]).toEqual(['cbf43926', '00000000', undefined])
  })

  it('loses at most two entries by any flipped byte, and says so', () => {
    const whole = write(ROWS)
    const chance = seededRandom(fc.sample(fc.nat(), 1)[0]!)
    const random = (limit: number): number => randomBelow(chance, limit)
    let worst = ROWS
    for (let i = 0; i < countOf({ short: 200, long: 2_000 }); i++) {
      const bytes = whole.slice()
      const at = random(bytes.length)
      bytes[at] = bytes[at]! ^ (1 + random(255))
      const book = read(bytes)
      worst = Math.min(worst, intact(book))
      // Breaks between lines and the brackets around them are not needed.
      if (book.damage === undefined) expect(intact(book)).toBe(ROWS)
      expect(book.header).toMatchObject({ ...HEADER })
      expect(book.foreign).toBeUndefined()
    }
    expect(worst).toBeGreaterThanOrEqual(ROWS - 2)
  })

  it('gives all whole lines before the place where it was cut', () => {
    const whole = write(ROWS)
    for (let percent = 0; percent < 100; percent++) {
      const cut = whole.subarray(0, Math.floor((whole.length * percent) / 100))
      const book = read(cut)
      const lines = bytesToUtf8(cut).split('\n').length
      expect(book.damage).toMatch(/no end/)
      // A line that lacks no more than its comma is whole.
      expect(intact(book)).toBeGreaterThanOrEqual(lines - 3)
      expect(intact(book)).toBeLessThanOrEqual(Math.max(0, lines - 2))
    }
  })

  it.each([
    ['nothing', new Uint8Array(0), /no header, no end/],
    ['zeros', new Uint8Array(200_000), /no header, 1 spoiled line, no end/],
    ['one long line', new Uint8Array(1_000_000).fill(0x61), /no header, 1 spoiled line, no end/],
    ['empty lines', new Uint8Array(200_000).fill(10), /no header, no end/],
    ['JSON of something else', utf8ToBytes('{"a": 1}\n'), /no header, 1 spoiled line/],
    ['a header without a key', write(1, { ...HEADER, tables: { ...HEADER.tables, key: 'x' } }), /no header/],
  ])('of %s is damage and no more', (_, bytes, damage) => {
    const book = read(bytes)
    expect(book.header).toBeUndefined()
    expect(book.damage).toMatch(damage)
  })

  it('of more than 100,000 entries is read up to there', () => {
    const rows = Array.from({ length: 100_001 }, () => ({}))
    const book = read(done(encoding(HEADER, [rows])))
    expect([book.rows, book.damage]).toEqual([100_000, '1 too many'])
  })

  it('of another network or of a newer version is not for us', () => {
    expect(read(write(3), 'other')).toMatchObject({
      rows: 0,
      foreign: 'it is of the network "main", this node is of "other"',
    })
    const newer = bytesToUtf8(write(3)).replaceAll(
      /\["[0-9a-f]{8}",(\{"kind".*?\})\](,?)\n/g,
      (_, json: string, comma) => {
        const changed = json.replace('"version":1', '"version":2')
        return `["${crc32(changed)}",${changed}]${String(comma)}\n`
      },
    )
    expect(read(utf8ToBytes(newer))).toMatchObject({ rows: 0, foreign: 'it has version 2, this program knows 1' })
  })

  it('is written and read in many small steps', () => {
    let steps = 0
    const work = encoding(HEADER, [[row(1)], [row(2)], [row(3)]])
    while (!work.next().done) steps++
    expect(steps).toBeGreaterThan(3)
    let windows = 0
    const reading = decoding(write(ROWS))
    while (!reading.next().done) windows++
    expect(windows).toBeGreaterThan((ROWS * 200) / 16_384)
  })
})
