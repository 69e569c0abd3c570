// Names of Tor v3 services: a public key with its checksum and version, both checked.
import { Keccak } from '@noble/hashes/sha3.js'
import { concatBytes, utf8ToBytes } from '../base/bytes.ts'
import { fromBase32, toBase32 } from './base32.ts'

/** The only version there is (rend-spec-v3, section 6). */
const VERSION = 3

/** The name of a service by its 32-byte ed25519 key: 56 letters and `.onion`. */
export function onionName(key: Uint8Array): string {
  return `${toBase32(concatBytes(key, checksum(key), Uint8Array.of(VERSION)))}.onion`
}

/** The 32-byte key in a name in lower case; `undefined` when it is none, or its checksum or version is wrong. */
export function parseOnionName(name: string): Uint8Array | undefined {
  const bytes = /^[a-z2-7]{56}\.onion$/.test(name) ? fromBase32(name.slice(0, 56)) : undefined
  if (!bytes || bytes[34] !== VERSION) return undefined
  const key = bytes.slice(0, 32)
  const [first, second] = checksum(key)
  return bytes[32] === first && bytes[33] === second ? key : undefined
}

function checksum(key: Uint8Array): Uint8Array {
  // SHA3-256: blocks of 136 bytes, which the byte 6 follows.
  const hash = new Keccak(136, 6, 32)
  return hash
    .update(concatBytes(utf8ToBytes('.onion checksum'), key, Uint8Array.of(VERSION)))
    .digest()
    .slice(0, 2)
}
