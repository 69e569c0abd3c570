// The MAC of one call held to the one made of hash and block cipher.
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../../tests/support/counts.ts'
import { equalBytes, toHex } from '../../base/bytes.ts'
import type { FrameMac } from '../../base/crypto.ts'
import { seededRandom } from '../../base/random.ts'
import { createFrameMac } from '../../rlpx/frame-mac.ts'
import { defaultCrypto as fast } from '../default.node.ts'
import { portableCrypto as portable } from '../portable.ts'
import { WasmKeccak256 } from '../wasm-keccak/keccak.ts'
import { WasmFrameMac } from './frame-mac.ts'

const random = seededRandom(31)
const key = random.bytes(32)
const lengths = fc.oneof(fc.integer({ min: 1, max: 30 }), fc.constantFrom(64, 512, 2048, 4000, 4093))

function seal(mac: FrameMac, frame: Uint8Array): void {
  if (mac.seal) return mac.seal(frame)
  mac.sealHeader(frame)
  mac.absorb(frame, 32, frame.length - 16)
  mac.sealBody(frame)
}

/** The same MAC in both ways, after `before` was absorbed. */
function both(before: Uint8Array, macKey = key): { readonly quick: FrameMac; readonly reference: FrameMac } {
  const [quickHash, referenceHash] = [fast.createKeccak256(), portable.createKeccak256()]
  for (const hash of [quickHash, referenceHash]) hash.update(before)
  return {
    quick: createFrameMac(fast, quickHash, macKey),
    reference: createFrameMac(portable, referenceHash, macKey),
  }
}

describe('tags', () => {
  it('are those of hash and block cipher, for frames of any length under any key', () => {
    const keys = fc.uint8Array({ minLength: 32, maxLength: 32 })
    fc.assert(
      fc.property(
        keys,
        fc.uint8Array({ maxLength: 300 }),
        fc.array(lengths, { maxLength: 12 }),
        (any, before, blocks) => {
          const { quick, reference } = both(before, any)
          for (const count of blocks) {
            const frame = random.bytes(48 + 16 * count)
            const other = frame.slice()
            seal(quick, frame)
            seal(reference, other)
            expect(equalBytes(frame, other)).toBe(true)
          }
        },
      ),
      { numRuns: rounds(15, 500) },
    )
  })

  it('are found right by the other side, in pieces or at once, wherever they lie, and wrong when a bit is', () => {
    const { quick: sealer } = both(key)
    const { quick, reference } = both(key)
    for (const blocks of [1, 7, 4349, 4350, 9000]) {
      const frame = random.bytes(48 + 16 * blocks)
      if (frame.length <= 65_536) seal(sealer, frame)
      else {
        sealer.sealHeader(frame)
        sealer.absorb(frame, 32, 50_000)
        sealer.absorb(frame, 50_000, frame.length - 16)
        sealer.sealBody(frame)
      }
      const shifted = new Uint8Array(frame.length + 3)
      shifted.set(frame, 3)
      expect(quick.openHeader(shifted, 3)).toBe(true)
      expect(reference.openHeader(frame, 0)).toBe(true)
      expect(quick.openBody(shifted, 35, shifted.length)).toBe(true)
      reference.absorb(frame, 32, 37)
      reference.absorb(frame, 37, frame.length - 16)
      expect(reference.closeBody(frame, frame.length - 16)).toBe(true)
    }
    for (const bit of [0, 127, 128, 255, 256, 1000]) {
      const [from, to] = [both(key).quick, both(key).quick]
      const frame = random.bytes(48 + 128)
      seal(from, frame)
      frame[bit >> 3]! ^= 1 << (bit & 7)
      const right = to.openHeader(frame, 0) && to.openBody(frame, 32, frame.length)
      expect(right).toBe(false)
    }
  })

  it('stay right among more sessions than the module has room for', () => {
    const sessions = Array.from({ length: 300 }, (_, i) => both(Uint8Array.of(i & 255, i >> 8), random.bytes(32)))
    for (let turn = 0; turn < 3; turn++) {
      for (const { quick, reference } of sessions) {
        const frame = random.bytes(64)
        const other = frame.slice()
        seal(quick, frame)
        seal(reference, other)
        expect(toHex(frame)).toBe(toHex(other))
      }
    }
  })
})

it('goes on from hashes that it doesn’t know in the other way', () => {
  const hash = portable.createKeccak256()
  expect(fast.createFrameMac!(hash, key)).toBeUndefined()
  const frame = random.bytes(64)
  const other = frame.slice()
  seal(createFrameMac(fast, hash, key), frame)
  seal(createFrameMac(portable, portable.createKeccak256(), key), other)
  expect(toHex(frame)).toBe(toHex(other))
})

it('refuses a key of another length', () => {
  expect(() => new WasmFrameMac(new WasmKeccak256(), new Uint8Array(16))).toThrow(RangeError)
})
