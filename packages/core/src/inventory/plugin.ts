// The inventory joined to a clock and to those who carry its questions and announcements.
import { checkOptions } from '../base/check-options.ts'
import type { Clock, Timer } from '../base/clock.ts'
import type { Offer } from '../wire/protocol.ts'
import type { Carrier, Carriers } from './carriers.ts'
import type { ItemState, ServedItem, StoredItem } from './item-table.ts'
import type { AnyKind, InventoryContext, ItemFigures, ItemListener, ItemOutcome, ItemService, Kind } from './kind.ts'
import { inventoryLimits } from './limits.ts'
import type { InventoryLimits } from './limits.ts'
import type { Inventory, InventoryFigures, InventoryPeer, Item, ItemArrival, ItemNote, KindRule } from './tasks.ts'

export type { Carrier }

/** What `inspect` shows. */
export interface InventoryInspection extends InventoryFigures {
  /** Absent without kinds of one's own. */
  readonly items?: ItemFigures
}

export interface PublishOptions {
  /** It comes from elsewhere, and may have been passed on by others already. Default `false`. */
  readonly isPassedOn?: boolean | undefined
}

/** What carriers and users call; see `Inventory` for the rules. Fits a node's plugin. */
export interface InventoryPlugin {
  readonly name: 'inventory'
  /** `inv/1`, where there are kinds. */
  readonly protocols: readonly Offer[]
  start(context: InventoryContext): Promise<void>
  stop(): void
  inspect(): InventoryInspection

  /**
   * Gives an item of this node's own to its peers; its id. No check is run, and `follow` is not told. The item is
   * announced again until somebody has asked for it, and its life begins then; with `isPassedOn` it is as one that a
   * peer sent.
   *
   * @throws {TypeError} when the kind is not one of this inventory's, or the item can't be kept; or what the kind
   * throws
   */
  publish<T>(kind: Kind<T>, bytes: Uint8Array, options?: PublishOptions): Uint8Array
  /**
   * An item came over a protocol of one's own, such as the `over` of its kind: it is treated as those of `inv/1`, but
   * need not have been asked for. Whoever calls this ends the peer when the answer is `invalid`. `ageMs` is how long
   * ago it was published, as its sender says.
   */
  deliver<T>(kind: Kind<T>, bytes: Uint8Array, peer: string, ageMs?: number): Promise<ItemOutcome>
  /** Calls back for each item of a kind that a peer sent and that was accepted; the answer ends that. */
  follow<T>(kind: Kind<T>, listener: ItemListener<T>, options?: { readonly signal?: AbortSignal }): () => void

  /**
   * A peer came that `carrier` reaches, with these kinds. Several carriers may reach one peer, each with its own kinds.
   *
   * @throws {TypeError} before the start, or when one of the kinds has a carrier to this peer already
   */
  attach(peer: string, options: InventoryPeer, carrier: Carrier): void
  /** It left, or `carrier` doesn't reach it any more; nothing when it wasn't attached. */
  detach(peer: string, carrier: Carrier): void
  /** Whether some carrier reaches the peer. */
  isHere(peer: string): boolean
  announced(peer: string, kind: number, items: readonly ItemNote[]): number
  know(peer: string, kind: number, ids: readonly Uint8Array[]): void
  knows(peer: string, kind: number, id: Uint8Array): boolean
  arrived(peer: string, kind: number, id: Uint8Array, mayBeUnasked?: boolean): ItemArrival
  working(peer: string, isWorking: boolean): void
  received(peer: string | undefined, item: Item): boolean
  notFound(peer: string, kind: number, ids: readonly Uint8Array[]): number
  reject(kind: number, id: Uint8Array, from?: string): void
  awaitParent(kind: number, id: Uint8Array, parent: Uint8Array): void
  letGo(kind: number, id: Uint8Array): void
  retry(kind: number, id: Uint8Array): void
  stateOf(kind: number, id: Uint8Array): ItemState
  lifeMs(kind: number): number
  get(kind: number, id: Uint8Array): StoredItem | undefined
  serve(peer: string, kind: number, id: Uint8Array): ServedItem | undefined
}

export interface InventoryPluginOptions {
  /** What is passed on over `inv/1`; default nothing, and then only others' protocols use the inventory. */
  readonly kinds?: readonly AnyKind[] | undefined
  /**
   * Numbers of further kinds that trickle, such as `TRANSACTION_KIND` of `@peerwire/eth`. Without this they are told of
   * at once: that is quickest, and lets a peer guess from the time whether an item was made here.
   */
  readonly trickle?: readonly number[] | undefined
  readonly limits?: Partial<InventoryLimits> | undefined
}

const NOTHING: InventoryFigures = {
  peers: 0,
  ids: 0,
  idBytes: 0,
  known: 0,
  knownBytes: 0,
  tracked: 0,
  queued: 0,
  rejected: 0,
  stored: 0,
  storedBytes: 0,
  seen: 0,
  noRoom: 0,
  unasked: 0,
}

/**
 * An inventory for `createNode({ plugins })`, shared by all protocols that carry items. One belongs to one node.
 *
 * @throws {TypeError} when two kinds share a number or a name, or naming the option that is wrong
 * @throws {RangeError} when a limit is past what the compact sets can hold
 */
export function inventory(options: InventoryPluginOptions = {}): InventoryPlugin {
  return new ClockedInventory(options)
}

/** What there is while a node runs; its code is loaded on use. */
interface Running {
  readonly machine: Inventory
  readonly carriers: Carriers
  readonly clock: Clock
}

class ClockedInventory implements InventoryPlugin {
  readonly name = 'inventory'
  readonly protocols: readonly Offer[]
  readonly #options: InventoryPluginOptions
  /** What the program passes on: with its protocols they say whose nodes are meant. */
  readonly kinds: readonly AnyKind[]
  readonly #service: ItemService | undefined
  #running: Running | undefined
  #isTaken = false
  #timer: Timer | undefined
  #timerMs = 0
  /** When things were done last. */
  #polledMs = -Infinity

  constructor(options: InventoryPluginOptions) {
    this.#options = checkOptions('inventory', options, { kinds: 'list', trickle: 'list', limits: 'thing' })
    inventoryLimits(options.limits)
    this.kinds = options.kinds ?? []
    for (const item of this.kinds) {
      if (typeof item?.connect !== 'function') throw new TypeError('kinds of inventory must be what kind() gives')
    }
    this.#service = this.kinds[0]?.connect(this, this.kinds)
    this.protocols = this.#service?.protocols ?? []
  }

  // A program that has an inventory begins without waiting for it to be loaded; a node waits before its first peer.
  async start(context: InventoryContext): Promise<void> {
    if (this.#isTaken) throw new TypeError('this inventory belongs to a running node already')
    this.#isTaken = true
    const { clock, random } = context
    const rules = rulesOf(this.kinds, this.#options.trickle ?? [])
    const { Carriers, createInventory } = await import('./inventory.ts')
    await this.#service?.start(context)
    if (!this.#isTaken) return
    const machine = createInventory({ random, limits: this.#options.limits, rules })
    this.#running = { machine, carriers: new Carriers(), clock }
  }

  stop(): void {
    this.#isTaken = false
    this.#service?.stop()
    this.#timer?.cancel()
    this.#timer = undefined
    this.#running = undefined
  }

  inspect(): InventoryInspection {
    const figures = this.#running?.machine.inspect() ?? NOTHING
    return this.#service && this.#running ? { ...figures, items: this.#service.figures() } : figures
  }

  publish<T>(kind: Kind<T>, bytes: Uint8Array, { isPassedOn = false }: PublishOptions = {}): Uint8Array {
    void this.#machine
    return this.#serviceOf(kind).publish(kind, bytes, isPassedOn)
  }

  async deliver<T>(kind: Kind<T>, bytes: Uint8Array, peer: string, ageMs = 0): Promise<ItemOutcome> {
    void this.#machine
    return await this.#serviceOf(kind).deliver(peer, kind, bytes, ageMs)
  }

  follow<T>(kind: Kind<T>, listener: ItemListener<T>, options: { readonly signal?: AbortSignal } = {}): () => void {
    const { signal } = options
    const service = this.#serviceOf(kind)
    if (signal?.aborted) return () => undefined
    const end = service.follow(kind, listener as ItemListener<unknown>)
    signal?.addEventListener('abort', end, { once: true })
    return () => {
      end()
      signal?.removeEventListener('abort', end)
    }
  }

  attach(peer: string, options: InventoryPeer, carrier: Carrier): void {
    const machine = this.#machine
    const { kinds, askTimeoutMs = machine.limits.askTimeoutMs } = options
    const listen = { kinds, askTimeoutMs }
    if (this.#running!.carriers.add(peer, { carrier, listen })) machine.addPeer(peer, options)
    else machine.addKinds(peer, listen)
    this.#schedule()
  }

  detach(peer: string, carrier: Carrier): void {
    const { carriers, machine } = this.#running ?? {}
    const left = carriers?.remove(peer, carrier)
    if (!left) return
    machine!.removeKinds(peer, left.listen.kinds)
    if (left.isLast) {
      machine!.removePeer(peer)
      this.#service?.gone(peer)
    }
    this.#schedule()
  }

  isHere(peer: string): boolean {
    return this.#running?.carriers.has(peer) === true
  }

  announced(peer: string, kind: number, items: readonly ItemNote[]): number {
    return this.#then(this.#machine.announced(peer, kind, items, this.#nowMs))
  }

  know(peer: string, kind: number, ids: readonly Uint8Array[]): void {
    this.#then(this.#machine.know(peer, kind, ids, this.#nowMs))
  }

  knows(peer: string, kind: number, id: Uint8Array): boolean {
    return this.#machine.knows(peer, kind, id)
  }

  arrived(peer: string, kind: number, id: Uint8Array, mayBeUnasked?: boolean): ItemArrival {
    return this.#then(this.#machine.arrived(peer, kind, id, this.#nowMs, mayBeUnasked))
  }

  working(peer: string, isWorking: boolean): void {
    this.#machine.working(peer, isWorking, this.#nowMs)
  }

  received(peer: string | undefined, item: Item): boolean {
    return this.#then(this.#machine.received(peer, item, this.#nowMs))
  }

  notFound(peer: string, kind: number, ids: readonly Uint8Array[]): number {
    return this.#then(this.#machine.notFound(peer, kind, ids, this.#nowMs))
  }

  reject(kind: number, id: Uint8Array, from?: string): void {
    this.#then(this.#machine.reject(kind, id, this.#nowMs, from))
  }

  awaitParent(kind: number, id: Uint8Array, parent: Uint8Array): void {
    this.#then(this.#machine.awaitParent(kind, id, parent, this.#nowMs))
  }

  letGo(kind: number, id: Uint8Array): void {
    this.#then(this.#machine.letGo(kind, id))
  }

  retry(kind: number, id: Uint8Array): void {
    this.#then(this.#machine.retry(kind, id, this.#nowMs))
  }

  stateOf(kind: number, id: Uint8Array): ItemState {
    return this.#machine.stateOf(kind, id)
  }

  lifeMs(kind: number): number {
    return this.#machine.lifeMs(kind)
  }

  get(kind: number, id: Uint8Array): StoredItem | undefined {
    return this.#machine.get(kind, id, this.#nowMs)
  }

  serve(peer: string, kind: number, id: Uint8Array): ServedItem | undefined {
    return this.#then(this.#machine.serve(peer, kind, id, this.#nowMs))
  }

  get #machine(): Inventory {
    if (!this.#running)
      throw new TypeError('the inventory is not running: give it to createNode({ plugins }) and start')
    return this.#running.machine
  }

  get #nowMs(): number {
    return this.#running!.clock.now()
  }

  #serviceOf<T>(kind: Kind<T>): ItemService {
    if (this.#service && this.kinds.includes(kind)) return this.#service
    throw new TypeError(`the inventory has no kind ${kind.name}: give it to inventory({ kinds })`)
  }

  #then<T>(result: T): T {
    this.#schedule()
    return result
  }

  // One timer for everything; it is only ever moved nearer, and a wake-up too early costs next to nothing. What comes
  // after a rest waits for nothing but the end of this turn.
  #schedule(): void {
    if (!this.#running) return
    const { machine, clock } = this.#running
    const deadline = machine.nextDeadline()
    if (deadline === undefined) return
    const nowMs = clock.now()
    const atMs = Math.max(deadline, nowMs, this.#polledMs + machine.limits.gatherMs)
    if (this.#timer && this.#timerMs <= atMs) return
    this.#timer?.cancel()
    this.#timerMs = atMs
    this.#timer = clock.setTimer(atMs - nowMs, () => this.#poll())
  }

  #poll(): void {
    this.#timer = undefined
    if (!this.#running) return
    const { machine, carriers, clock } = this.#running
    this.#polledMs = clock.now()
    const tasks = machine.poll(this.#polledMs)
    carriers.carry(tasks)
    for (const { kind, id } of tasks.lost) this.#service?.lost(kind, id)
    this.#schedule()
  }
}

function rulesOf(kinds: readonly AnyKind[], trickle: readonly number[]): ReadonlyMap<number, KindRule> {
  const rules = new Map<number, KindRule>(trickle.map((number) => [number, { pace: 'trickle' }]))
  for (const { number, urgent, lifeMs, history } of kinds) {
    rules.set(number, { pace: urgent ? 'urgent' : 'trickle', lifeMs, history })
  }
  return rules
}
