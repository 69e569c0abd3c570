// Entries as small numbers that only we can foresee: to remember them by, and to choose whom they go to.
import { addressKey } from '../../addresses/network-address.ts'
import { concatBytes, utf8ToBytes } from '../../base/bytes.ts'
import { SAME_PEERS_SECONDS } from './limits.ts'
import type { AddrEntry } from './messages.ts'

/** 31 bits: that two of the 5,000 entries of a peer share a number happens to one of 170. */
const HANDLE_MASK = 0x7fff_ffff

export class EntryHasher {
  readonly #salt: Uint8Array
  readonly #sha256: (bytes: Uint8Array) => Uint8Array

  /** @param salt - secret bytes, fresh for each run */
  constructor(salt: Uint8Array, sha256: (bytes: Uint8Array) => Uint8Array) {
    this.#salt = salt
    this.#sha256 = sha256
  }

  /** By value: the same address and key give the same number however often they are decoded; the time doesn't count. */
  ofEntry({ address, publicKey }: Pick<AddrEntry, 'address' | 'publicKey'>): number {
    return this.#hash(concatBytes(publicKey, utf8ToBytes(addressKey(address)))) & HANDLE_MASK
  }

  ofPeer(id: string): number {
    return this.#hash(utf8ToBytes(id))
  }

  /** The peers that an entry goes to today; its day begins at a time of its own. */
  nearest<P extends { readonly id: string; readonly salt: number }>(
    peers: Iterable<P>,
    handle: number,
    nowSeconds: number,
    count: number,
    except: string,
  ): P[] {
    const day = Math.floor((nowSeconds + (handle % SAME_PEERS_SECONDS)) / SAME_PEERS_SECONDS)
    const ranked: { readonly peer: P; readonly rank: number }[] = []
    for (const peer of peers) {
      if (peer.id === except) continue
      ranked.push({ peer, rank: mix(mix(handle ^ Math.imul(day, 0x9e3779b1)) ^ peer.salt) })
      ranked.sort((left, right) => left.rank - right.rank)
      ranked.length = Math.min(ranked.length, count)
    }
    return ranked.map(({ peer }) => peer)
  }

  #hash(bytes: Uint8Array): number {
    const digest = this.#sha256(concatBytes(this.#salt, bytes))
    return ((digest[0]! << 24) | (digest[1]! << 16) | (digest[2]! << 8) | digest[3]!) >>> 0
  }
}

// Every bit of the result hangs on every bit of the value (the last steps of murmur3).
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
