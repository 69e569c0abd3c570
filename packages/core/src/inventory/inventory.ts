// A machine without IO that says what to announce, to ask for and to serve, whatever protocol carries it.
import type { Random } from '../base/random.ts'
import { AnnounceQueue, type AnnounceGroup, type Listening } from './announce-queue.ts'
import { IdTable, NO_HANDLE, type Handle } from './id-table.ts'
import { ItemStore, OWN, type StoredItem } from './item-store.ts'
import { KnownSet } from './known-set.ts'
import { inventoryLimits, type InventoryLimits } from './limits.ts'
import { createAsker, RequestTracker, type Asker } from './request-tracker.ts'
import type {
  Announce,
  Ask,
  Inventory,
  InventoryFigures,
  InventoryPeer,
  InventoryTasks,
  Item,
  ItemNote,
} from './tasks.ts'

/** What the machine keeps of one peer. Everything a stranger can fill is made on first use. */
interface PeerState extends Listening {
  readonly kinds: readonly number[]
  readonly asker: Asker
  known: KnownSet | undefined
}

export interface InventoryOptions {
  readonly random: Random
  readonly limits?: Partial<InventoryLimits> | undefined
}

/** @throws {RangeError} when a limit can't be kept */
export function createInventory({ random, limits }: InventoryOptions): Inventory {
  return new InventoryMachine(inventoryLimits(limits), random)
}

class InventoryMachine implements Inventory {
  readonly limits: InventoryLimits
  readonly #ids: IdTable
  readonly #tracker: RequestTracker
  readonly #store: ItemStore
  readonly #rejected: KnownSet
  readonly #peers = new Map<string, PeerState>()
  readonly #queue: AnnounceQueue<PeerState>
  #preferredPeers = 0

  constructor(limits: InventoryLimits, random: Random) {
    this.limits = limits
    this.#ids = new IdTable(random.uint32())
    this.#tracker = new RequestTracker(limits, this.#ids, random.uint32())
    this.#store = new ItemStore(limits, this.#ids)
    this.#rejected = new KnownSet(limits.rejected)
    this.#queue = new AnnounceQueue(limits.queuedPerPeer, this.#ids)
  }

  addPeer(name: string, { preferred, kinds, askTimeoutMs }: InventoryPeer): void {
    if (this.#peers.has(name)) throw new TypeError(`peer ${name} is there already`)
    const asker = createAsker(name, preferred, askTimeoutMs ?? this.limits.askTimeoutMs)
    const peer: PeerState = { name, kinds, asker, known: undefined, waiting: undefined }
    this.#peers.set(name, peer)
    if (preferred) this.#preferredPeers++
    for (const handle of this.#store.newest(this.limits.toldToNewcomer)) this.#tell(peer, handle)
  }

  removePeer(name: string): void {
    const peer = this.#peers.get(name)
    if (!peer) return
    this.#peers.delete(name)
    if (peer.asker.preferred) this.#preferredPeers--
    this.#tracker.remove(peer.asker)
    for (const handle of peer.known ?? []) this.#ids.release(handle)
    this.#queue.remove(peer)
  }

  announced(name: string, kind: number, items: readonly ItemNote[], nowMs: number): number {
    const peer = this.#peers.get(name)
    if (!peer) return 0
    const late = !peer.asker.preferred && this.#preferredPeers > 0
    const readyMs = nowMs + (late ? this.limits.notPreferredDelayMs : 0)
    let wanted = 0
    for (const { id, meta } of items) {
      const handle = this.#ids.intern(kind, id)
      this.#learn(peer, handle)
      if (this.#isWanted(peer, handle) && this.#tracker.announce(peer.asker, handle, meta, readyMs)) wanted++
      this.#ids.release(handle)
    }
    return wanted
  }

  know(name: string, kind: number, ids: readonly Uint8Array[]): void {
    const peer = this.#peers.get(name)
    if (!peer) return
    for (const id of ids) {
      const handle = this.#ids.intern(kind, id)
      this.#learn(peer, handle)
      this.#ids.release(handle)
    }
  }

  knows(name: string, kind: number, id: Uint8Array): boolean {
    const handle = this.#ids.find(kind, id)
    return handle !== NO_HANDLE && this.#peers.get(name)?.known?.has(handle) === true
  }

  received(name: string | undefined, item: Item, nowMs: number): boolean {
    const handle = this.#ids.intern(item.kind, item.id)
    const peer = name === undefined ? undefined : this.#peers.get(name)
    if (peer) this.#learn(peer, handle)
    const { bytes, meta } = item
    const isNew = !this.#store.has(handle) && !this.#rejected.has(handle)
    if (isNew) this.#store.add(handle, { bytes, meta, source: name ?? OWN, storedAtMs: nowMs })
    const kept = isNew && this.#store.has(handle)
    if (kept) for (const other of this.#peers.values()) this.#tell(other, handle)
    this.#tracker.forget(handle)
    this.#ids.release(handle)
    return kept
  }

  notFound(name: string, kind: number, ids: readonly Uint8Array[]): number {
    const peer = this.#peers.get(name)
    let failed = 0
    for (const id of peer ? ids : []) {
      const handle = this.#ids.find(kind, id)
      if (handle !== NO_HANDLE && this.#tracker.fail(peer!.asker, handle)) failed++
    }
    return failed
  }

  reject(kind: number, id: Uint8Array): void {
    const handle = this.#ids.intern(kind, id)
    this.#tracker.forget(handle)
    this.#store.remove(handle)
    if (this.#rejected.touch(handle)) this.#ids.release(handle)
    else this.#release(this.#rejected.add(handle))
  }

  isSettled(kind: number, id: Uint8Array): boolean {
    const handle = this.#ids.find(kind, id)
    return handle !== NO_HANDLE && (this.#store.has(handle) || this.#rejected.has(handle))
  }

  get(kind: number, id: Uint8Array, nowMs: number): StoredItem | undefined {
    this.#store.expire(nowMs)
    const handle = this.#ids.find(kind, id)
    return handle === NO_HANDLE ? undefined : this.#store.get(handle)
  }

  poll(nowMs: number): InventoryTasks {
    this.#store.expire(nowMs)
    return { asks: this.#asks(nowMs), announces: this.#announces() }
  }

  nextDeadline(): number | undefined {
    if (this.#queue.isDue) return 0
    const ask = this.#tracker.nextDeadline()
    const expiry = this.#store.nextDeadline()
    return ask === undefined || expiry === undefined ? (ask ?? expiry) : Math.min(ask, expiry)
  }

  inspect(): InventoryFigures {
    let known = 0
    let knownBytes = 0
    for (const peer of this.#peers.values()) {
      known += peer.known?.size ?? 0
      knownBytes += peer.known?.bytes ?? 0
    }
    return {
      peers: this.#peers.size,
      ids: this.#ids.size,
      idBytes: this.#ids.bytes,
      known,
      knownBytes,
      tracked: this.#tracker.size,
      stored: this.#store.size,
      storedBytes: this.#store.bytes,
    }
  }

  #isWanted(peer: PeerState, handle: Handle): boolean {
    return !this.#store.has(handle) && !this.#rejected.has(handle) && !peer.known!.wasAsked(handle)
  }

  // The peer has the item, or is told of it now: it isn't told again.
  #learn(peer: PeerState, handle: Handle): void {
    peer.known ??= new KnownSet(this.limits.knownPerPeer)
    if (peer.known.touch(handle)) return
    this.#ids.retain(handle)
    this.#release(peer.known.add(handle))
    this.#queue.cancel(peer, handle)
  }

  #tell(peer: PeerState, handle: Handle): void {
    // An announcement outlives the known-set of a peer that announces much.
    if (peer.known?.has(handle) || peer.asker.tracked?.has(handle)) return
    if (!peer.kinds.includes(this.#ids.kindOf(handle))) return
    this.#queue.add(peer, handle)
  }

  #release(handle: Handle | undefined): void {
    if (handle !== undefined) this.#ids.release(handle)
  }

  #asks(nowMs: number): Ask[] {
    const open = new Map<string, { peer: string; kind: number; items: ItemNote[] }>()
    const asks: Ask[] = []
    for (const { asker, item, meta } of this.#tracker.next(nowMs)) {
      const kind = this.#ids.kindOf(item.handle)
      this.#peers.get(asker.name)?.known?.markAsked(item.handle)
      const key = `${kind} ${asker.name}`
      let ask = open.get(key)
      if (!ask || ask.items.length >= this.limits.idsPerAsk) {
        ask = { peer: asker.name, kind, items: [] }
        open.set(key, ask)
        asks.push(ask)
      }
      ask.items.push({ id: this.#ids.idOf(item.handle), meta })
    }
    return asks
  }

  #announces(): Announce[] {
    const announces: Announce[] = []
    const flush = (groups: readonly AnnounceGroup<PeerState>[]): void => {
      for (const { handles, peers } of groups) {
        const names = peers.map(({ name }) => name)
        announces.push(...this.#announcesOf(handles, names))
        for (const peer of peers) for (const handle of handles) this.#learn(peer, handle)
      }
    }
    this.#queue.flush((handle) => this.#store.has(handle), flush)
    return announces
  }

  #announcesOf(handles: readonly Handle[], peers: readonly string[]): Announce[] {
    const byKind = new Map<number, ItemNote[]>()
    for (const handle of handles) {
      const kind = this.#ids.kindOf(handle)
      const note = { id: this.#ids.idOf(handle), meta: this.#store.get(handle)!.meta }
      const notes = byKind.get(kind)
      if (notes) notes.push(note)
      else byKind.set(kind, [note])
    }
    const announces: Announce[] = []
    const most = this.limits.itemsPerAnnounce
    for (const [kind, notes] of byKind) {
      for (let at = 0; at < notes.length; at += most) {
        announces.push({ peers, kind, items: notes.slice(at, at + most) })
      }
    }
    return announces
  }
}
