// Answers a peer's getdata: a few items at a time, no faster than the peer reads, and what is missing said at the end.
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import type { ServedItem, StoredItem } from '../inventory/item-table.ts'
import type { InventoryPlugin } from '../inventory/plugin.ts'
import type { Peer } from '../wire/peer.ts'
import { prepare } from '../wire/prepared.ts'
import type { Prepared } from '../wire/prepared.ts'
import type { Protocol } from '../wire/protocol.ts'
import { MAX_ASKED, type Ids, type InvMessages } from './inv-messages.ts'

/** Items handed to a peer's link before it is waited for; btcd's figure. */
const AT_ONCE = 5

/** How long a question may take, in milliseconds: whoever asked has asked others since. */
const GIVEN_UP_MS = 60_000

/** Messages that are kept ready: an item that is told of at once is asked for by many at once. */
const KEPT_MESSAGES = 8

/** Items as messages, made once for all who ask at the same time. */
export class ItemMessages {
  readonly #protocol: Protocol<InvMessages>
  /** Oldest first. */
  readonly #kept = new Map<StoredItem, { readonly ageMs: number; readonly message: Prepared }>()

  constructor(protocol: Protocol<InvMessages>) {
    this.#protocol = protocol
  }

  get(kind: number, { item, ageMs }: ServedItem): Prepared {
    const kept = this.#kept.get(item)
    if (kept?.ageMs === ageMs) return kept.message
    const message = prepare(this.#protocol, 'item', { kind, bytes: item.bytes, ageMs })
    this.#kept.set(item, { ageMs, message })
    if (this.#kept.size > KEPT_MESSAGES) {
      const [oldest] = this.#kept.keys()
      this.#kept.delete(oldest!)
    }
    return message
  }
}

interface Asked {
  readonly kind: number
  readonly id: Uint8Array
  readonly atMs: number
}

/**
 * What one peer asked for and hasn't got. It is served beside the peer's messages, not in their handler: two nodes that
 * serve each other and wait inside would each stop reading what the other sends.
 */
export class Serving {
  readonly #peer: Pick<Peer, 'id' | 'send' | 'sendPrepared'>
  readonly #messages: ItemMessages
  readonly #protocol: Protocol<InvMessages>
  readonly #inventory: Pick<InventoryPlugin, 'serve'>
  readonly #nowMs: () => number
  #asked: Asked[] = []
  #isServing = false

  constructor(
    peer: Pick<Peer, 'id' | 'send' | 'sendPrepared'>,
    protocol: Protocol<InvMessages>,
    messages: ItemMessages,
    inventory: Pick<InventoryPlugin, 'serve'>,
    nowMs: () => number,
  ) {
    this.#peer = peer
    this.#protocol = protocol
    this.#messages = messages
    this.#inventory = inventory
    this.#nowMs = nowMs
  }

  /** The peer is gone. */
  stop(): void {
    this.#asked = []
  }

  /** @throws {PeerError} `invalid message` when more waits than a peer may ask for */
  add({ kind, ids }: Ids): void {
    const atMs = this.#nowMs()
    this.#giveUp(this.#asked.length + ids.length - MAX_ASKED, atMs)
    if (this.#asked.length + ids.length > MAX_ASKED) {
      const text = `${ids.length} items asked for while ${this.#asked.length} wait, at most ${MAX_ASKED} together`
      throw new PeerError('invalid message', DiscReason.breachOfProtocol, text)
    }
    for (const id of ids) this.#asked.push({ kind, id, atMs })
    if (!this.#isServing) void this.#serve()
  }

  // A slow link is no breach: what was asked for so long ago makes room, and is said to be missing.
  #giveUp(count: number, nowMs: number): void {
    let old = 0
    while (old < count && old < this.#asked.length && this.#asked[old]!.atMs + GIVEN_UP_MS <= nowMs) old++
    for (const sent of this.#sendMissing(this.#asked.splice(0, old))) sent.catch(() => this.stop())
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

  async #sendSome(asked: readonly Asked[]): Promise<void> {
    const sent: Promise<void>[] = []
    const missing: Asked[] = []
    for (const one of asked) {
      const { kind, id } = one
      const served = this.#inventory.serve(this.#peer.id, kind, id)
      if (served) sent.push(this.#peer.sendPrepared(this.#messages.get(kind, served)))
      else missing.push(one)
    }
    await Promise.all([...sent, ...this.#sendMissing(missing)])
  }

  #sendMissing(missing: readonly Asked[]): Promise<void>[] {
    const byKind = new Map<number, Uint8Array[]>()
    for (const { kind, id } of missing) byKind.set(kind, [...(byKind.get(kind) ?? []), id])
    return Array.from(byKind, ([kind, ids]) => this.#peer.send(this.#protocol, 'notfound', { kind, ids }))
  }
}
