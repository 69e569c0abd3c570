// A machine without IO that says what to announce, to ask for and to serve, whatever protocol carries it.
import type { Random } from '../base/random.ts'
import { AnnounceQueue, type AnnounceGroup } from './announce-queue.ts'
import { isListening, type Asker, type Listen } from './asker.ts'
import { gatherAnnounces, gatherAsks } from './gather.ts'
import { IdTable, NO_HANDLE, type Handle } from './id-table.ts'
import { ItemTable, OWN, type ItemState, type ServedItem, type StoredItem } from './item-table.ts'
import { KnownSet } from './known-set.ts'
import { inventoryLimits, type InventoryLimits } from './limits.ts'
import { OwnItems } from './own-items.ts'
import { createPeerState, type PeerState } from './peer-state.ts'
import { RequestTracker, type TrackerHost } from './request-tracker.ts'
import type {
  Announce,
  Ask,
  Inventory,
  InventoryFigures,
  InventoryPeer,
  InventoryTasks,
  Item,
  ItemArrival,
  ItemNote,
  KindRule,
  LostItem,
  Unanswered,
} from './tasks.ts'

export { Carriers } from './carriers.ts'

export interface InventoryOptions {
  readonly random: Random
  readonly limits?: Partial<InventoryLimits> | undefined
  /** By kind. */
  readonly rules?: ReadonlyMap<number, KindRule> | undefined
}

/** @throws {RangeError} when a limit can't be kept */
export function createInventory({ random, limits, rules = new Map() }: InventoryOptions): Inventory {
  return new InventoryMachine(inventoryLimits(limits), random, rules)
}

class InventoryMachine implements Inventory {
  readonly limits: InventoryLimits
  readonly #ids: IdTable
  readonly #tracker: RequestTracker
  readonly #items: ItemTable
  readonly #own: OwnItems
  readonly #rules: ReadonlyMap<number, KindRule>
  readonly #peers = new Map<string, PeerState>()
  readonly #queue: AnnounceQueue<PeerState>
  #preferredPeers = 0
  #muted: Unanswered[] = []
  #useless: Unanswered[] = []
  #lost: LostItem[] = []

  constructor(limits: InventoryLimits, random: Random, rules: ReadonlyMap<number, KindRule>) {
    this.limits = limits
    this.#rules = rules
    this.#ids = new IdTable(random.uint32())
    this.#tracker = new RequestTracker(limits, this.#ids, this.#trackerHost(), random.uint32())
    this.#items = new ItemTable(limits, this.#ids, random, {
      lifeMs: (kind) => this.lifeMs(kind),
      unstored: (handle) => void this.#own.delete(handle),
    })
    this.#own = new OwnItems(limits.againMs, random)
    this.#queue = new AnnounceQueue(limits, this.#ids, random)
  }

  addPeer(name: string, { preferred, kinds, askTimeoutMs = this.limits.askTimeoutMs }: InventoryPeer): void {
    if (this.#peers.has(name)) throw new TypeError(`peer ${name} is there already`)
    this.#peers.set(name, createPeerState(name, preferred))
    if (preferred) this.#preferredPeers++
    this.addKinds(name, { kinds, askTimeoutMs })
  }

  addKinds(name: string, listen: Listen): void {
    const peer = this.#peers.get(name)
    if (!peer) return
    peer.asker.listens = [...peer.asker.listens, listen]
    for (const kind of listen.kinds) {
      const history = this.#rules.get(kind)?.history ?? this.limits.toldToNewcomer
      for (const handle of this.#items.newest(kind, history)) this.#tell(peer, handle)
    }
  }

  removeKinds(name: string, kinds: readonly number[]): void {
    const asker = this.#peers.get(name)?.asker
    if (asker) asker.listens = asker.listens.filter((listen) => listen.kinds !== kinds)
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
    const readyMs = nowMs + this.#askDelayMs(peer, kind)
    const hasRoom = this.#items.hasRoom(name, nowMs)
    let wanted = 0
    for (const { id, meta } of items) {
      const handle = this.#ids.intern(kind, id)
      this.#learn(peer, handle)
      this.#spread(handle, nowMs)
      if (hasRoom && this.#want(peer, handle, meta, readyMs)) wanted++
      this.#ids.release(handle)
    }
    return wanted
  }

  know(name: string, kind: number, ids: readonly Uint8Array[], nowMs: number): void {
    const peer = this.#peers.get(name)
    if (!peer) return
    for (const id of ids) {
      const handle = this.#ids.intern(kind, id)
      this.#learn(peer, handle)
      this.#spread(handle, nowMs)
      this.#ids.release(handle)
    }
  }

  knows(name: string, kind: number, id: Uint8Array): boolean {
    const handle = this.#ids.find(kind, id)
    return handle !== NO_HANDLE && this.#peers.get(name)?.known?.has(handle) === true
  }

  arrived(name: string, kind: number, id: Uint8Array, nowMs: number, mayBeUnasked = false): ItemArrival {
    const peer = this.#peers.get(name)
    const handle = this.#ids.intern(kind, id)
    const state = this.#items.stateOf(handle)
    const isNew = state === 'open'
    const wasAsked = peer !== undefined && this.#tracker.isAsked(peer.asker, handle)
    if (wasAsked || mayBeUnasked) {
      if (isNew) this.#items.hold(handle)
      else if (peer) this.#learn(peer, handle)
      peer?.known?.clearAsked(handle)
      if (peer) this.#tracker.answered(peer.asker, handle, nowMs, state === 'held')
    }
    this.#ids.release(handle)
    if (!wasAsked && !mayBeUnasked) return 'unasked'
    return isNew ? 'new' : 'known'
  }

  working(name: string, isWorking: boolean, nowMs: number): void {
    const asker = this.#peers.get(name)?.asker
    if (isWorking) asker?.begin(nowMs)
    else asker?.end(nowMs)
  }

  received(name: string | undefined, item: Item, nowMs: number): boolean {
    const handle = this.#ids.intern(item.kind, item.id)
    const peer = name === undefined ? undefined : this.#peers.get(name)
    if (peer) this.#learn(peer, handle)
    if (peer) this.#tracker.answered(peer.asker, handle, nowMs)
    const { bytes, meta, ageMs = 0, isPassedOn = name !== undefined } = item
    const state = this.#items.stateOf(handle)
    // What this node vouches for itself was refused by mistake or too early, or shall be told once more.
    const isNew = name === undefined ? this.#items.get(handle) === undefined : state === 'open' || state === 'held'
    const stored = { bytes, meta, source: name ?? OWN, bornMs: nowMs - ageMs }
    const kept = isNew && this.#items.accept(handle, stored, nowMs, isPassedOn)
    if (!kept) this.#items.release(handle)
    if (kept && !isPassedOn) this.#own.add(handle, nowMs)
    if (kept) for (const other of this.#peers.values()) this.#tell(other, handle)
    this.#tracker.forget(handle)
    this.#ids.release(handle)
    return kept
  }

  notFound(name: string, kind: number, ids: readonly Uint8Array[], nowMs: number): number {
    const asker = this.#peers.get(name)?.asker
    let failed = 0
    for (const id of asker ? ids : []) {
      const handle = this.#ids.find(kind, id)
      if (handle !== NO_HANDLE && this.#tracker.answered(asker!, handle, nowMs)) failed++
    }
    return failed
  }

  reject(kind: number, id: Uint8Array, nowMs: number, from = OWN): void {
    const handle = this.#ids.intern(kind, id)
    this.#tracker.forget(handle)
    this.#items.refuse(handle, from, nowMs)
    this.#ids.release(handle)
  }

  awaitParent(kind: number, id: Uint8Array, parentId: Uint8Array, nowMs: number): void {
    const handle = this.#ids.intern(kind, id)
    const parent = this.#ids.intern(kind, parentId)
    this.#items.hold(handle, parent)
    for (const { name } of [...this.#tracker.announcers(handle)]) {
      const peer = this.#peers.get(name)
      if (peer) this.#wantAbove(peer, handle, nowMs)
    }
    if (this.#items.stateOf(parent) === 'open' && !this.#tracker.has(parent)) this.#lost.push({ kind, id: parentId })
    this.#ids.release(parent)
    this.#ids.release(handle)
  }

  letGo(kind: number, id: Uint8Array): void {
    const handle = this.#ids.find(kind, id)
    if (handle === NO_HANDLE) return
    this.#ids.retain(handle)
    this.#items.release(handle)
    this.#tracker.reconsider(handle)
    this.#ids.release(handle)
  }

  retry(kind: number, id: Uint8Array, nowMs: number): void {
    const handle = this.#ids.find(kind, id)
    if (handle === NO_HANDLE || this.#items.stateOf(handle) !== 'held') return
    this.#ids.retain(handle)
    this.#items.release(handle)
    this.#tracker.retry(handle, nowMs)
    this.#ids.release(handle)
  }

  stateOf(kind: number, id: Uint8Array): ItemState {
    const handle = this.#ids.find(kind, id)
    if (handle === NO_HANDLE) return 'open'
    const state = this.#items.stateOf(handle)
    return state === 'open' && this.#tracker.has(handle) ? 'wanted' : state
  }

  lifeMs(kind: number): number {
    return this.#rules.get(kind)?.lifeMs ?? this.limits.storeMs
  }

  get(kind: number, id: Uint8Array, nowMs: number): StoredItem | undefined {
    this.#items.expire(nowMs)
    const handle = this.#ids.find(kind, id)
    return handle === NO_HANDLE ? undefined : this.#items.get(handle)
  }

  serve(name: string, kind: number, id: Uint8Array, nowMs: number): ServedItem | undefined {
    if (!this.get(kind, id, nowMs)) return undefined
    const handle = this.#ids.find(kind, id)
    const peer = this.#peers.get(name)
    if (peer) this.#learn(peer, handle)
    this.#spread(handle, nowMs)
    return { item: this.#items.get(handle)!, ageMs: this.#items.ageOf(handle, nowMs) }
  }

  poll(nowMs: number): InventoryTasks {
    this.#items.expire(nowMs)
    const [asks, announces] = [this.#asks(nowMs), this.#announces(nowMs)]
    const tasks = { asks, announces, muted: this.#muted, useless: this.#useless, lost: this.#lost }
    this.#muted = []
    this.#useless = []
    this.#lost = []
    return tasks
  }

  nextDeadline(): number | undefined {
    if (this.#lost.length > 0) return 0
    const telling = this.#queue.nextDeadline() ?? Infinity
    const asking = this.#tracker.nextDeadline() ?? Infinity
    const again = (this.#peers.size > 0 ? this.#own.nextDeadline() : undefined) ?? Infinity
    const next = Math.min(telling, asking, again, this.#items.nextDeadline() ?? Infinity)
    return next === Infinity ? undefined : next
  }

  inspect(): InventoryFigures {
    let known = 0
    let knownBytes = 0
    let queued = 0
    for (const peer of this.#peers.values()) {
      known += peer.known?.size ?? 0
      knownBytes += peer.known?.bytes ?? 0
      queued += (peer.waiting?.size ?? 0) + (peer.trickling?.size ?? 0)
    }
    return {
      peers: this.#peers.size,
      ids: this.#ids.size,
      idBytes: this.#ids.bytes,
      known,
      knownBytes,
      tracked: this.#tracker.size,
      queued,
      ...this.#items.figures,
      unasked: this.#own.size,
    }
  }

  #trackerHost(): TrackerHost {
    return {
      isUrgent: (kind) => this.#rules.get(kind)?.pace === 'urgent',
      kindOf: (handle) => this.#ids.kindOf(handle),
      isOpen: (handle) => this.#items.stateOf(handle) === 'open',
      lost: (handle) => {
        if (this.#items.isAwaited(handle)) {
          this.#lost.push({ kind: this.#ids.kindOf(handle), id: this.#ids.idOf(handle) })
        }
      },
      muted: ({ name: peer }, kind) => void this.#muted.push({ peer, kind }),
      useless: ({ name: peer }, kind) => void this.#useless.push({ peer, kind }),
    }
  }

  // Whether the peer may be asked for the item one day.
  #want(peer: PeerState, handle: Handle, meta: number, readyMs: number): boolean {
    const state = this.#items.stateOf(handle)
    if ((state !== 'open' && state !== 'held') || peer.known!.wasAsked(handle)) return false
    const isNew = this.#tracker.announce(peer.asker, handle, meta, readyMs)
    if (isNew && state === 'held') this.#wantAbove(peer, handle, readyMs)
    return isNew && state === 'open'
  }

  // Whoever has an item has what it waits for, and what that waits for.
  #wantAbove(peer: PeerState, handle: Handle, readyMs: number): void {
    for (let parent = this.#items.parentOf(handle); parent !== undefined; parent = this.#items.parentOf(parent)) {
      this.#learn(peer, parent)
      if (peer.known!.wasAsked(parent) || !this.#tracker.announce(peer.asker, parent, 0, readyMs)) return
      if (this.#items.stateOf(parent) !== 'held') return
    }
  }

  #askDelayMs({ asker, preferred }: PeerState, kind: number): number {
    const { notPreferredDelayMs, busyInFlight, busyDelayMs } = this.limits
    const mayWait = this.#rules.get(kind)?.pace !== 'urgent'
    const late = mayWait && !preferred && this.#preferredPeers > 0 ? notPreferredDelayMs : 0
    return late + (asker.inFlight >= busyInFlight ? busyDelayMs : 0)
  }

  // The peer has the item, or is told of it now: it isn't told again.
  #learn(peer: PeerState, handle: Handle): void {
    peer.known ??= new KnownSet(this.limits.knownPerPeer)
    if (peer.known.has(handle)) return void peer.known.touch(handle)
    this.#remember(peer.known, handle)
    this.#queue.cancel(peer, handle)
  }

  #tell(peer: PeerState, handle: Handle): void {
    // An announcement outlives the known-set of a peer that announces much.
    if (peer.known?.has(handle) || peer.asker.tracked?.has(handle)) return
    this.#enqueue(peer, handle)
  }

  #enqueue(peer: PeerState, handle: Handle): void {
    const kind = this.#ids.kindOf(handle)
    if (isListening(peer.asker, kind)) this.#queue.add(peer, handle, this.#rules.get(kind)?.pace === 'trickle')
  }

  // The caller holds a reference of its own.
  #remember(set: KnownSet, handle: Handle): void {
    if (set.touch(handle)) return
    this.#ids.retain(handle)
    this.#release(set.add(handle))
  }

  #release(handle: Handle | undefined): void {
    if (handle !== undefined) this.#ids.release(handle)
  }

  #asks(nowMs: number): Ask[] {
    const asked = ({ name }: Asker, handle: Handle): void => this.#peers.get(name)?.known?.markAsked(handle)
    return gatherAsks(this.#tracker.next(nowMs), this.#ids, this.limits.idsPerAsk, asked)
  }

  #announces(nowMs: number): Announce[] {
    const isServed = (handle: Handle): boolean => this.#items.get(handle) !== undefined
    for (const handle of this.#own.takeDue(nowMs)) this.#tellAgain(handle)
    const announces: Announce[] = []
    const metaOf = (handle: Handle): number => this.#items.get(handle)!.meta
    const flush = (groups: readonly AnnounceGroup<PeerState>[]): void => {
      for (const { handles, peers } of groups) {
        const names = peers.map(({ name }) => name)
        announces.push(...gatherAnnounces(handles, names, this.#ids, this.limits.itemsPerAnnounce, metaOf))
        for (const peer of peers) for (const handle of handles) this.#learn(peer, handle)
      }
    }
    this.#queue.flush(nowMs, isServed, flush)
    return announces
  }

  // Nobody has it yet, so who was told of it has let it pass, or has lost it.
  #tellAgain(handle: Handle): void {
    for (const peer of this.#peers.values()) this.#enqueue(peer, handle)
  }

  // Somebody has it now, or will: what follows is theirs, too.
  #spread(handle: Handle, nowMs: number): void {
    if (this.#own.delete(handle)) this.#items.begin(handle, nowMs)
  }
}
