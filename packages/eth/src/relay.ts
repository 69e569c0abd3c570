// Transactions between eth peers and the inventory: announcements in and out, fetching, checking, serving.
import { isMisdeed, isPeerError, toHex } from '@peerwire/core'
import type { Peer } from '@peerwire/core'
import type { Carrier, InventoryPlugin, ItemNote } from '@peerwire/core/inventory'
import type { TransactionChecker } from './checker.ts'
import { MAX_ANNOUNCED_AT_ONCE } from './announcement.ts'
import type { Announced } from './announcement.ts'
import { commonOf, prepareAnnouncement, sendToAll, versionOf } from './dialects.ts'
import { MAX_POOLED, MAX_POOLED_SERVED } from './messages.ts'
import { unexpectedAnswer } from './raw-rlp.ts'
import { cut } from './serve.ts'
import { BLOB_TYPE, invalidItem, isReadableType, MAX_TRANSACTION_BYTES, typeOf } from './transaction.ts'
import type { Transaction } from './transaction.ts'
import { metaOf, TRANSACTION_KIND, typeAndSizeOf } from './transaction-kind.ts'

/** Questions to one peer that wait for an answer; a quarter of what a peer can have, for whatever else it is asked. */
const MAX_OPEN = 16
/** Announced bytes asked for at once; go-ethereum's figure. */
const FETCH_BYTES = 128 * 1024
/** How far the announced size may be off, as in go-ethereum: old clients count a header. */
const SIZE_SLACK = 8

/** A transaction that arrived and passed all checks, for the first time. */
export interface Arrival {
  readonly transaction: Transaction
  readonly peer: Peer
  /** Sent unasked, or in answer to our question. */
  readonly how: 'sent' | 'asked'
  /** Milliseconds from the question, or from the message when it was sent unasked, to the end of the checks. */
  readonly tookMs: number
}

export interface RelayHost {
  readonly inventory: InventoryPlugin
  readonly checker: TransactionChecker
  nowMs(): number
  /** The node has stopped, and its inventory with it. */
  isStopped(): boolean
  /** A peer that has passed the Status exchange. */
  peer(id: string): Peer | undefined
  arrived(arrival: Arrival): void
}

export interface RelayCounts {
  /** Blob transactions that were announced to us. They are never sent whole, so they aren't fetched. */
  blobs: number
  /** Transactions that arrived and were here already. */
  repeated: number
  /** Questions without an answer in time. */
  unanswered: number
}

/** What one peer is being asked. */
interface Fetching {
  open: number
  waiting: ItemNote[]
}

export class TransactionRelay implements Carrier {
  readonly counts: RelayCounts = { blobs: 0, repeated: 0, unanswered: 0 }
  readonly #host: RelayHost
  /** By peer, while there is something. */
  readonly #fetching = new Map<string, Fetching>()

  constructor(host: RelayHost) {
    this.#host = host
  }

  /** A peer announced transactions. Those we couldn't read or keep are only noted. */
  announced(peer: Peer, list: readonly Announced[]): void {
    const wanted: ItemNote[] = []
    const noted: Uint8Array[] = []
    for (const { type, size, hash } of list) {
      if (isReadableType(type) && size > 0 && size <= MAX_TRANSACTION_BYTES) {
        wanted.push({ id: hash, meta: metaOf({ type, size }) })
      } else noted.push(hash)
      if (type === BLOB_TYPE) this.counts.blobs++
    }
    this.#host.inventory.announced(peer.id, TRANSACTION_KIND, wanted)
    this.#host.inventory.know(peer.id, TRANSACTION_KIND, noted)
  }

  /** A peer sent transactions unasked. Resolves when they are checked, so that a flood waits in its sender's queue. */
  async sent(peer: Peer, envelopes: readonly Uint8Array[]): Promise<void> {
    const startMs = this.#host.nowMs()
    for (const envelope of envelopes) {
      const hash = await this.#host.checker.hash(envelope)
      if (typeOf(envelope) === BLOB_TYPE) {
        throw invalidItem(`transaction ${toHex(hash)}: a blob transaction was sent whole`)
      }
      const isNew = this.#host.inventory.arrived(peer.id, TRANSACTION_KIND, hash, true) === 'new'
      if (isNew) await this.#take({ peer, envelope, hash, how: 'sent', startMs })
      else this.counts.repeated++
    }
  }

  /** A peer asks for transactions; what we don't have is left out, which is how eth says so. */
  serve(peer: Peer, hashes: readonly Uint8Array[]): readonly Uint8Array[] {
    const { inventory } = this.#host
    const found: Uint8Array[] = []
    for (const hash of hashes.slice(0, MAX_POOLED_SERVED)) {
      const served = inventory.serve(peer.id, TRANSACTION_KIND, hash)
      if (served) found.push(served.item.bytes)
    }
    return cut(found, MAX_POOLED_SERVED)
  }

  announce(peers: readonly string[], _kind: number, items: readonly ItemNote[]): void {
    const list = items.map(({ id, meta }) => ({ ...typeAndSizeOf(meta), hash: id }))
    const found = peers.flatMap((id) => this.#host.peer(id) ?? [])
    for (let start = 0; start < list.length; start += MAX_ANNOUNCED_AT_ONCE) {
      const some = list.slice(start, start + MAX_ANNOUNCED_AT_ONCE)
      sendToAll(found, (version) => prepareAnnouncement(version, some))
    }
  }

  ask(id: string, _kind: number, items: readonly ItemNote[]): void {
    const peer = this.#host.peer(id)
    if (!peer) return
    const fetching = this.#fetching.get(id) ?? { open: 0, waiting: [] }
    this.#fetching.set(id, fetching)
    fetching.waiting.push(...items)
    this.#fetchNext(peer, fetching)
  }

  muted(): void {
    this.counts.unanswered++
  }

  #fetchNext(peer: Peer, fetching: Fetching): void {
    while (fetching.waiting.length > 0 && fetching.open < MAX_OPEN) {
      const notes = this.#nextBatch(peer, fetching)
      if (notes.length > 0) void this.#fetch(peer, fetching, notes)
    }
    if (fetching.open === 0) this.#fetching.delete(peer.id)
  }

  // As much as fits one answer, of what hasn't come from others meanwhile.
  #nextBatch(peer: Peer, { waiting }: Fetching): ItemNote[] {
    const { inventory } = this.#host
    const notes: ItemNote[] = []
    const missed: Uint8Array[] = []
    let bytes = 0
    for (let note = waiting[0]; note && notes.length < MAX_POOLED; note = waiting[0]) {
      const { size } = typeAndSizeOf(note.meta)
      if (inventory.stateOf(TRANSACTION_KIND, note.id) !== 'wanted') missed.push(note.id)
      else if (notes.length > 0 && bytes + size > FETCH_BYTES) break
      else {
        notes.push(note)
        bytes += size
      }
      waiting.shift()
    }
    if (missed.length > 0) inventory.notFound(peer.id, TRANSACTION_KIND, missed)
    return notes
  }

  // There is no time limit of its own: the inventory asks others when this takes long, and what comes late is taken.
  async #fetch(peer: Peer, fetching: Fetching, notes: readonly ItemNote[]): Promise<void> {
    fetching.open++
    const startMs = this.#host.nowMs()
    const hashes = notes.map(({ id }) => id)
    let came: Taking[] = []
    try {
      const envelopes = await peer.request(commonOf(versionOf(peer)), 'getPooledTransactions', hashes, {
        timeoutMs: Infinity,
      })
      came = await this.#matched(peer, notes, envelopes, startMs)
    } catch (error) {
      // What is not served, or finds no room among other questions, is the next announcer's.
      if (!peer.error && isPeerError(error) && isMisdeed(error)) peer.fail(error)
    }
    // Whoever is gone is detached with all its questions, and the inventory may have stopped meanwhile.
    if (peer.error) return void this.#fetching.delete(peer.id)
    const isNew = came.map(({ hash }) => this.#host.inventory.arrived(peer.id, TRANSACTION_KIND, hash) === 'new')
    this.#host.inventory.notFound(peer.id, TRANSACTION_KIND, hashes)
    this.counts.repeated += isNew.filter((one) => !one).length
    await this.#takeAll(
      peer,
      came.filter((_, i) => isNew[i]),
    )
    // No sooner, so that what waits for its check is bounded, too.
    fetching.open--
    if (peer.error || this.#host.isStopped()) this.#fetching.delete(peer.id)
    else this.#fetchNext(peer, fetching)
  }

  // The answer, held against what was asked and announced.
  async #matched(
    peer: Peer,
    notes: readonly ItemNote[],
    envelopes: readonly Uint8Array[],
    startMs: number,
  ): Promise<Taking[]> {
    const asked = new Map(notes.map((note) => [toHex(note.id), note]))
    const came: Taking[] = []
    for (const envelope of envelopes) {
      const hash = await this.#host.checker.hash(envelope)
      const note = asked.get(toHex(hash))
      if (!note) throw unexpectedAnswer(`transaction ${toHex(hash)} was not asked for`)
      asked.delete(toHex(hash))
      checkNote(envelope, hash, note.meta)
      came.push({ peer, envelope, hash, how: 'asked', startMs })
    }
    return came
  }

  // What a peer that ends meanwhile has sent is asked of others.
  async #takeAll(peer: Peer, came: readonly Taking[]): Promise<void> {
    const { inventory } = this.#host
    // Our own work is no delay of the peer's.
    inventory.working(peer.id, true)
    for (const [i, one] of came.entries()) {
      try {
        await this.#take(one)
      } catch (error) {
        if (!peer.error && isPeerError(error) && isMisdeed(error)) peer.fail(error)
        for (const { hash } of came.slice(i + 1)) this.#letGo(hash)
        break
      }
    }
    if (!this.#host.isStopped()) inventory.working(peer.id, false)
  }

  // Checks what is held, and accepts it.
  async #take({ peer, envelope, hash, how, startMs }: Taking): Promise<void> {
    const { inventory, checker } = this.#host
    const transaction = await this.#check(peer, envelope, hash, checker)
    const { type, bytes } = transaction
    const meta = metaOf({ type, size: bytes.length })
    const isNew = inventory.received(peer.id, { kind: TRANSACTION_KIND, id: hash, meta, bytes })
    if (isNew) this.#host.arrived({ transaction, peer, how, tookMs: this.#host.nowMs() - startMs })
  }

  async #check(peer: Peer, envelope: Uint8Array, hash: Uint8Array, checker: TransactionChecker): Promise<Transaction> {
    try {
      // A copy, because a view would keep the whole message.
      return await checker.check(peer.id, envelope.slice(), hash, peer.signal)
    } catch (error) {
      // The hash fixes the content: whoever else announces it needn't be asked.
      if (isPeerError(error) && error.code === 'invalid item') {
        this.#host.inventory.reject(TRANSACTION_KIND, hash, peer.id)
      } else this.#letGo(hash)
      throw error
    }
  }

  // The inventory may have stopped with its node.
  #letGo(hash: Uint8Array): void {
    if (!this.#host.isStopped()) this.#host.inventory.letGo(TRANSACTION_KIND, hash)
  }
}

interface Taking {
  readonly peer: Peer
  readonly envelope: Uint8Array
  readonly hash: Uint8Array
  readonly how: Arrival['how']
  readonly startMs: number
}

function checkNote(envelope: Uint8Array, hash: Uint8Array, meta: number): void {
  const { type, size } = typeAndSizeOf(meta)
  if (typeOf(envelope) === type && Math.abs(envelope.length - size) <= SIZE_SLACK) return
  const found = `type ${typeOf(envelope)} with ${envelope.length} bytes`
  throw invalidItem(`transaction ${toHex(hash)}: ${found}, announced as type ${type} with ${size}`)
}
