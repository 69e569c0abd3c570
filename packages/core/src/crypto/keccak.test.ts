// keccak-256 and SHA3-256 against another implementation and OpenSSL.
import { createHash } from 'node:crypto'
import { keccak_256 } from '@noble/hashes/sha3.js'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { concatBytes, toHex } from '../base/bytes.ts'
import { seededRandom } from '../base/random.ts'
import { keccak256, Keccak256, sha3 } from './keccak.ts'

const bytes = seededRandom(31).bytes(700)

it('are right for every length up to five blocks', () => {
  for (let length = 0; length <= bytes.length; length++) {
    const part = bytes.subarray(0, length)
    expect(toHex(keccak256(part))).toBe(toHex(keccak_256(part)))
    expect(toHex(sha3(part))).toBe(createHash('sha3-256').update(part).digest('hex'))
  }
})

it('a running hash is right at any time, whatever the pieces, and others that run change nothing', () => {
  const piece = fc.uint8Array({ maxLength: 300 })
  fc.assert(
    fc.property(fc.array(fc.tuple(piece, piece), { maxLength: 8 }), (pairs) => {
      const runs = [0, 1].map(() => ({ hash: new Keccak256(), sofar: concatBytes() }))
      for (const pair of pairs) {
        for (const [i, run] of runs.entries()) {
          run.hash.update(pair[i]!)
          run.sofar = concatBytes(run.sofar, pair[i]!)
          expect(toHex(run.hash.digest())).toBe(toHex(keccak_256(run.sofar)))
        }
      }
    }),
  )
})
