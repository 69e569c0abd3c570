// The page's keystream held to the portable one, whenever WebCrypto answers and whether it does.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { equalBytes } from '../base/bytes.ts'
import { seededRandom } from '../base/random.ts'
import { BrowserKeystream, bytesAhead, type KeystreamSource } from './keystream.browser.ts'
import { createPortableKeystream } from './portable-keystream.ts'

const { subtle } = globalThis.crypto
const random = seededRandom(7)
const key = random.bytes(32)

/** WebCrypto whose answers come when the test says; counts what it is asked for. */
function heldSource() {
  const waiting: (() => void)[] = []
  const asked: number[] = []
  const source: KeystreamSource = {
    importKey: subtle.importKey.bind(subtle) as SubtleCrypto['importKey'],
    encrypt: async (algorithm, cryptoKey, data) => {
      asked.push(data.byteLength)
      const answer = await subtle.encrypt(algorithm, cryptoKey, data)
      await new Promise<void>((resolve) => waiting.push(resolve))
      return answer
    },
  }
  return {
    source,
    asked,
    /** Lets everything that was asked for until now arrive, the last first. */
    arrive: async () => {
      for (let before = -1; before !== asked.length || waiting.length < asked.length;) {
        before = asked.length
        // oxlint-disable-next-line no-await-in-loop
        await new Promise((resolve) => setImmediate(resolve))
      }
      asked.length = 0
      for (const answer of waiting.splice(0).toReversed()) answer()
      await new Promise((resolve) => setImmediate(resolve))
    },
  }
}

function compare(source: KeystreamSource | undefined, used = key) {
  const [left, right] = [new BrowserKeystream(used, source), createPortableKeystream(used)]
  const both = (length: number, shift = 0): void => {
    if (shift === 3) left.rest()
    const bytes = random.bytes(length)
    const shifted = new Uint8Array(length + 2 * shift)
    shifted.set(bytes, shift)
    expect(
      shift % 2 === 0
        ? left.apply(shifted.subarray(shift, shift + length))
        : left.apply(shifted, shift, shift + length),
    ).toBe(true)
    right.apply(bytes)
    expect(equalBytes(shifted.subarray(shift, shift + length), bytes)).toBe(true)
  }
  return Object.assign(both, { rest: () => left.rest() })
}

describe('the keystream of a page', () => {
  const lengths = fc.oneof(fc.nat(300), fc.nat(40_000), fc.constantFrom(0, 1, 15, 16, 17, 63, 64, 65, 4096, 131_072))
  const steps = fc.array(fc.record({ length: lengths, shift: fc.nat(5), arrive: fc.boolean() }), { maxLength: 30 })

  it('is the portable one, whenever WebCrypto answers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 32, maxLength: 32 }), steps, async (anyKey, wanted) => {
        const { source, arrive } = heldSource()
        const both = compare(source, anyKey)
        for (const { length, shift, arrive: now } of wanted) {
          both(length, shift)
          // oxlint-disable-next-line no-await-in-loop
          if (now) await arrive()
        }
      }),
      { numRuns: 30 },
    )
  })

  it('works without WebCrypto, which pages by plain http do not have', () => {
    const both = compare(undefined)
    for (const length of [1, 20_000, 16, 100_000, 3]) both(length)
  })

  it('goes on by itself when WebCrypto refuses', async () => {
    let calls = 0
    const refuse = (): Promise<never> => {
      calls++
      return Promise.reject(new DOMException('no', 'OperationError'))
    }
    const both = compare({ importKey: subtle.importKey.bind(subtle) as SubtleCrypto['importKey'], encrypt: refuse })
    for (const length of [20_000, 20_000, 5, 40_000]) {
      both(length)
      // oxlint-disable-next-line no-await-in-loop
      await new Promise((resolve) => setImmediate(resolve))
    }
    expect(calls).toBe(1)
  })

  it('asks for nothing while little is used, and for more the more is used', async () => {
    const { source, asked, arrive } = heldSource()
    const both = compare(source)
    for (let i = 0; i < 40; i++) both(100)
    await new Promise((resolve) => setImmediate(resolve))
    expect(asked).toEqual([])
    both(100)
    await arrive()
    both(100)
    both(65_536)
    await new Promise((resolve) => setImmediate(resolve))
    expect(Math.max(...asked)).toBeGreaterThan(16_384)
  })

  it('holds at most 8 MiB for all streams together', async () => {
    const held = Array.from({ length: 6 }, () => heldSource())
    const all = held.map(({ source }) => compare(source))
    let most = 0
    for (let used = 5000; used < 700_000; used *= 2) {
      for (const both of all) both(used)
      most = Math.max(most, bytesAhead())
      // oxlint-disable-next-line no-await-in-loop
      for (const { arrive } of held) await arrive()
    }
    expect(most).toBeGreaterThan(2_000_000)
    expect(most).toBeLessThanOrEqual(8_388_608)
    const before = bytesAhead()
    for (const both of all) both.rest()
    expect(before - bytesAhead()).toBeGreaterThan(2_000_000)
  })

  it('refuses a key of another length', () => {
    expect(() => new BrowserKeystream(new Uint8Array(16), undefined)).toThrow(RangeError)
  })
})
