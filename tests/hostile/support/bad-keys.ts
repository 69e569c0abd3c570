// What is no public key of secp256k1, by what is wrong with it, and signatures that nobody made.
import { concatBytes, fromHex, toHex } from '@peerwire/core'
import { createKeyPair } from './attacker.ts'

const PRIME = 2n ** 256n - 2n ** 32n - 977n
/** The y of the point whose x is 1: p + 1 would be taken for it where coordinates are only reduced. */
const Y_OF_ONE = '4218f20ae6c646b363db68605822fb14264ca8d2587fdd6fbc750d587e76a7ee'

const good = toHex(createKeyPair().publicKey)
const X = good.slice(0, 64)
const Y = good.slice(64)

function hex(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}

export const BAD_KEYS: readonly (readonly [title: string, key: Uint8Array])[] = [
  ['zero', '00'.repeat(64)],
  ['off the curve', X + hex(BigInt(`0x${Y}`) ^ 1n)],
  ['with x = p', hex(PRIME) + Y],
  ['with x = p + 1 and the y of x = 1', hex(PRIME + 1n) + Y_OF_ONE],
  ['with x = 2^256 - 1', 'ff'.repeat(32) + Y],
  ['with y = p', X + hex(PRIME)],
  ['with y = p + 1', X + hex(PRIME + 1n)],
  ['with y = 2^256 - 1', X + 'ff'.repeat(32)],
].map(([title, text]) => [title!, fromHex(text!)] as const)

const ones = new Uint8Array(32).fill(1)

export const BAD_SIGNATURES: readonly (readonly [title: string, signature: Uint8Array])[] = [
  ['with r = 0', concatBytes(new Uint8Array(32), ones, Uint8Array.of(0))],
  ['with s = 0', concatBytes(fromHex(X), new Uint8Array(33))],
  ['with r past the order', concatBytes(new Uint8Array(32).fill(255), ones, Uint8Array.of(0))],
  ['with s past the order', concatBytes(fromHex(X), new Uint8Array(32).fill(255), Uint8Array.of(0))],
  ['with a recovery number of 4', concatBytes(fromHex(X), ones, Uint8Array.of(4))],
  ['with a recovery number of 27', concatBytes(fromHex(X), ones, Uint8Array.of(27))],
  ['of zeros', new Uint8Array(65)],
]
