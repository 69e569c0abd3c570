// RLP that this package writes, by the package `rlp`. What strangers send is read by the core, in linear time.
import { plainRlp, type RlpInput } from '@peerwire/core'
import { encode } from 'rlp'

/** Writes one item, as `encodeRlp` of the core does. @throws {RangeError} for a number that RLP hasn't */
export function writeRlp(input: RlpInput): Uint8Array {
  const bytes = encode(plainRlp(input))
  // The package gives a single small byte back as it came.
  return bytes === input ? bytes.slice() : bytes
}
