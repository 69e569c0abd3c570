// Which protocol carries which kinds to which peer.
import type { Listen } from './asker.ts'
import type { InventoryTasks, ItemNote } from './tasks.ts'

/** A protocol that carries items to and from peers. Its methods must not throw. */
export interface Carrier {
  /** Ask the peer for these; report what comes with `received`, and what doesn't with `notFound`. */
  ask(peer: string, kind: number, items: readonly ItemNote[]): void
  /** Tell these peers, all of which this carrier has attached. */
  announce(peers: readonly string[], kind: number, items: readonly ItemNote[]): void
  /** The peer let a request lapse: it is asked nothing more before it has answered. */
  muted?(peer: string): void
  /** And it has answered nothing for long since. */
  useless?(peer: string): void
}

export interface Attachment {
  readonly carrier: Carrier
  readonly listen: Listen
}

export class Carriers {
  readonly #byPeer = new Map<string, readonly Attachment[]>()

  has(peer: string): boolean {
    return this.#byPeer.has(peer)
  }

  /**
   * Whether it is the first of this peer.
   *
   * @throws {TypeError} when one of the kinds has a carrier to this peer already
   */
  add(peer: string, attachment: Attachment): boolean {
    const before = this.#byPeer.get(peer) ?? []
    for (const kind of attachment.listen.kinds) {
      if (this.#find(peer, kind)) throw new TypeError(`kind ${kind} is carried to peer ${peer} already`)
    }
    this.#byPeer.set(peer, [...before, attachment])
    return before.length === 0
  }

  remove(peer: string, carrier: Carrier): { readonly listen: Listen; readonly isLast: boolean } | undefined {
    const before = this.#byPeer.get(peer) ?? []
    const found = before.find((attachment) => attachment.carrier === carrier)
    if (!found) return undefined
    const rest = before.filter((attachment) => attachment !== found)
    if (rest.length > 0) this.#byPeer.set(peer, rest)
    else this.#byPeer.delete(peer)
    return { listen: found.listen, isLast: rest.length === 0 }
  }

  /** Hands tasks to the carriers of their kinds. */
  carry({ asks, announces, muted, useless }: InventoryTasks): void {
    for (const { peer, kind, items } of asks) this.#find(peer, kind)?.ask(peer, kind, items)
    for (const { peers, kind, items } of announces) {
      for (const [carrier, names] of this.#group(peers, kind)) carrier.announce(names, kind, items)
    }
    for (const { peer, kind } of muted) this.#find(peer, kind)?.muted?.(peer)
    for (const { peer, kind } of useless) this.#find(peer, kind)?.useless?.(peer)
  }

  #find(peer: string, kind: number): Carrier | undefined {
    return this.#byPeer.get(peer)?.find(({ listen }) => listen.kinds.includes(kind))?.carrier
  }

  #group(peers: readonly string[], kind: number): Map<Carrier, string[]> {
    const groups = new Map<Carrier, string[]>()
    for (const peer of peers) {
      const carrier = this.#find(peer, kind)
      if (!carrier) continue
      const names = groups.get(carrier)
      if (names) names.push(peer)
      else groups.set(carrier, [peer])
    }
    return groups
  }
}
