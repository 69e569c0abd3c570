// The peers that this node dialed: their groups, and which two the next start dials first.
import { toHex } from '../base/bytes.ts'
import { formatAddress } from '../wire/address.ts'
import type { Peer } from '../wire/peer.ts'

/** Peers of before that are dialed first after a restart: who cuts a node off must keep it off, too. */
const ANCHORS = 2

interface Dialed {
  readonly key: string
  readonly group: string | undefined
  /** Its written form; absent for one that the user has asked for, which is dialed anyway. */
  readonly anchor: string | undefined
  readonly sinceMs: number
}

export class Outbound {
  readonly #peers = new Map<string, Dialed>()
  #earlier: readonly string[]
  #isFrozen = false

  /** @param earlier - the anchors of the last run */
  constructor(earlier: readonly string[]) {
    this.#earlier = earlier.slice(0, ANCHORS)
  }

  get size(): number {
    return this.#peers.size
  }

  has(publicKey: Uint8Array): boolean {
    const key = toHex(publicKey)
    for (const peer of this.#peers.values()) if (peer.key === key) return true
    return false
  }

  hasGroup(group: string): boolean {
    for (const peer of this.#peers.values()) if (peer.group === group) return true
    return false
  }

  add(
    peer: Pick<Peer, 'id' | 'publicKey' | 'endpoint' | 'persistent' | 'direction'>,
    group: string | undefined,
    sinceMs: number,
  ): void {
    const { id, publicKey, endpoint, persistent } = peer
    const anchor = endpoint && !persistent ? formatAddress({ publicKey, endpoint }) : undefined
    this.#peers.set(id, { key: toHex(publicKey), group, anchor, sinceMs })
  }

  /** `false` when it was none of these. */
  remove(id: string): boolean {
    return this.#peers.delete(id)
  }

  /** The two that were connected longest, and where there are none, those of the last run. */
  anchors(): readonly string[] {
    if (this.#isFrozen) return this.#earlier
    const now = [...this.#peers.values()]
      .filter(({ anchor }) => anchor !== undefined)
      .sort((left, right) => left.sinceMs - right.sinceMs)
      .map(({ anchor }) => anchor!)
    return [...new Set([...now, ...this.#earlier])].slice(0, ANCHORS)
  }

  /** From now on peers leave because the node closes. */
  freeze(): void {
    this.#earlier = this.anchors()
    this.#isFrozen = true
  }
}
