// The running MAC of one direction of a session, from a provider's hash and block cipher where it has no quicker way.
import type { Crypto, FrameMac, RunningHash } from '../base/crypto.ts'

/** Length of a tag on the wire. */
export const TAG_BYTES = 16

/** The MAC under `key` that goes on from `hash`, which it takes over. */
export function createFrameMac(crypto: Crypto, hash: RunningHash, key: Uint8Array): FrameMac {
  return crypto.createFrameMac?.(hash, key) ?? hashFrameMac(hash, crypto.createBlockCipher(key))
}

function hashFrameMac(hash: RunningHash, encryptBlock: (block: Uint8Array) => Uint8Array): FrameMac {
  // The digest of everything so far, where it is known: a body's tag is what the next header starts from.
  let last: Uint8Array | undefined
  const step = (digest: Uint8Array, mixed: Uint8Array, at: number): Uint8Array => {
    const seed = encryptBlock(digest)
    for (let i = 0; i < TAG_BYTES; i++) seed[i]! ^= mixed[at + i]!
    hash.update(seed)
    return (last = hash.digest())
  }
  const header = (bytes: Uint8Array, at: number): Uint8Array => step(last ?? hash.digest(), bytes, at)
  const body = (): Uint8Array => {
    const digest = hash.digest()
    return step(digest, digest, 0)
  }
  const absorb = (bytes: Uint8Array, from: number, to: number): void => hash.update(bytes.subarray(from, to))
  const closeBody = (bytes: Uint8Array, at: number): boolean => sameTag(body(), bytes, at)
  const sealHeader = (frame: Uint8Array): void => frame.set(header(frame, 0).subarray(0, TAG_BYTES), TAG_BYTES)
  const sealBody = (frame: Uint8Array): void => frame.set(body().subarray(0, TAG_BYTES), frame.length - TAG_BYTES)
  return {
    sealHeader,
    sealBody,
    openHeader: (bytes, at) => sameTag(header(bytes, at), bytes, at + TAG_BYTES),
    absorb,
    closeBody,
    openBody: (bytes, from, to) => {
      absorb(bytes, from, to - TAG_BYTES)
      return closeBody(bytes, to - TAG_BYTES)
    },
  }
}

// In the same time wherever they differ.
function sameTag(digest: Uint8Array, bytes: Uint8Array, at: number): boolean {
  let difference = 0
  for (let i = 0; i < TAG_BYTES; i++) difference |= digest[i]! ^ bytes[at + i]!
  return difference === 0
}
