// Answers a peer's getdata: a few items at a time, no faster than the peer reads, and what is missing said at the end.
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { InventoryPlugin } from '../inventory/plugin.ts'
import type { Peer } from '../wire/peer.ts'
import type { Protocol } from '../wire/protocol.ts'
import { MAX_ASKED, type Ids, type InvMessages } from './inv-messages.ts'

/** Items handed to a peer's link before it is waited for; btcd's figure. */
const AT_ONCE = 5

/**
 * What one peer asked for and hasn't got. It is served beside the peer's messages, not in their handler: two nodes that
 * serve each other and wait inside would each stop reading what the other sends.
 */
export class Serving {
  readonly #peer: Peer
  readonly #protocol: Protocol<InvMessages>
  readonly #inventory: InventoryPlugin
  #asked: { readonly kind: number; readonly id: Uint8Array }[] = []
  #isServing = false

  constructor(peer: Peer, protocol: Protocol<InvMessages>, inventory: InventoryPlugin) {
    this.#peer = peer
    this.#protocol = protocol
    this.#inventory = inventory
  }

  /** The peer is gone. */
  stop(): void {
    this.#asked = []
  }

  /** @throws {PeerError} `invalid message` when more waits than a peer may ask for */
  add({ kind, ids }: Ids): void {
    if (this.#asked.length + ids.length > MAX_ASKED) {
      const text = `${ids.length} items asked for while ${this.#asked.length} wait, at most ${MAX_ASKED} together`
      throw new PeerError('invalid message', DiscReason.breachOfProtocol, text)
    }
    for (const id of ids) this.#asked.push({ kind, id })
    if (!this.#isServing) void this.#serve()
  }

  async #serve(): Promise<void> {
    this.#isServing = true
    try {
      while (this.#asked.length > 0) await this.#sendSome(this.#asked.splice(0, AT_ONCE))
    } catch {
      // Only a peer that ended refuses a message, and what ended it is told elsewhere.
      this.stop()
    } finally {
      this.#isServing = false
    }
  }

  async #sendSome(asked: readonly { readonly kind: number; readonly id: Uint8Array }[]): Promise<void> {
    const sent: Promise<void>[] = []
    const missing = new Map<number, Uint8Array[]>()
    for (const { kind, id } of asked) {
      const item = this.#inventory.get(kind, id)
      if (item) {
        this.#inventory.know(this.#peer.id, kind, [id])
        sent.push(this.#peer.send(this.#protocol, 'item', { kind, bytes: item.bytes }))
      } else missing.set(kind, [...(missing.get(kind) ?? []), id])
    }
    for (const [kind, ids] of missing) sent.push(this.#peer.send(this.#protocol, 'notfound', { kind, ids }))
    await Promise.all(sent)
  }
}
