// The inventory joined to a clock and to those who carry its questions and announcements.
import type { Clock, Timer } from '../base/clock.ts'
import type { Random } from '../base/random.ts'
import { createInventory } from './inventory.ts'
import type { StoredItem } from './item-store.ts'
import type { InventoryLimits } from './limits.ts'
import type { Inventory, InventoryFigures, InventoryPeer, Item, ItemNote } from './tasks.ts'

/** A protocol that carries items to and from peers. Its methods must not throw. */
export interface Carrier {
  /** Ask the peer for these; report what comes with `received`, and what doesn't with `notFound`. */
  ask(peer: string, kind: number, items: readonly ItemNote[]): void
  /** Tell these peers, all of which this carrier has attached. */
  announce(peers: readonly string[], kind: number, items: readonly ItemNote[]): void
}

/** What carriers and users call; see `Inventory` for the rules. Fits a node's plugin. */
export interface InventoryPlugin {
  readonly name: 'inventory'
  start(context: { readonly clock: Clock; readonly random: Random }): void
  stop(): void
  inspect(): InventoryFigures
  /** A peer came that `carrier` reaches. @throws {TypeError} before the start, or when it is attached already */
  attach(peer: string, options: InventoryPeer, carrier: Carrier): void
  /** It left. */
  detach(peer: string): void
  announced(peer: string, kind: number, items: readonly ItemNote[]): number
  know(peer: string, kind: number, ids: readonly Uint8Array[]): void
  knows(peer: string, kind: number, id: Uint8Array): boolean
  received(peer: string | undefined, item: Item): boolean
  notFound(peer: string, kind: number, ids: readonly Uint8Array[]): number
  reject(kind: number, id: Uint8Array): void
  isSettled(kind: number, id: Uint8Array): boolean
  get(kind: number, id: Uint8Array): StoredItem | undefined
}

export interface InventoryPluginOptions {
  readonly limits?: Partial<InventoryLimits> | undefined
}

const NOTHING: InventoryFigures = {
  peers: 0,
  ids: 0,
  idBytes: 0,
  known: 0,
  knownBytes: 0,
  tracked: 0,
  stored: 0,
  storedBytes: 0,
}

/** An inventory for `createNode({ plugins })`, shared by all protocols that carry items. One belongs to one node. */
export function inventory(options: InventoryPluginOptions = {}): InventoryPlugin {
  return new ClockedInventory(options)
}

class ClockedInventory implements InventoryPlugin {
  readonly name = 'inventory'
  readonly #options: InventoryPluginOptions
  readonly #carriers = new Map<string, Carrier>()
  #running: { readonly machine: Inventory; readonly clock: Clock } | undefined
  #timer: Timer | undefined
  #timerMs = 0

  constructor(options: InventoryPluginOptions) {
    this.#options = options
  }

  start({ clock, random }: { readonly clock: Clock; readonly random: Random }): void {
    if (this.#running) throw new TypeError('this inventory belongs to a running node already')
    this.#running = { machine: createInventory({ random, limits: this.#options.limits }), clock }
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#running = undefined
    this.#carriers.clear()
  }

  inspect(): InventoryFigures {
    return this.#running?.machine.inspect() ?? NOTHING
  }

  attach(peer: string, options: InventoryPeer, carrier: Carrier): void {
    this.#machine.addPeer(peer, options)
    this.#carriers.set(peer, carrier)
    this.#schedule()
  }

  detach(peer: string): void {
    this.#carriers.delete(peer)
    this.#running?.machine.removePeer(peer)
    this.#schedule()
  }

  announced(peer: string, kind: number, items: readonly ItemNote[]): number {
    return this.#then(this.#machine.announced(peer, kind, items, this.#nowMs))
  }

  know(peer: string, kind: number, ids: readonly Uint8Array[]): void {
    this.#machine.know(peer, kind, ids)
  }

  knows(peer: string, kind: number, id: Uint8Array): boolean {
    return this.#machine.knows(peer, kind, id)
  }

  received(peer: string | undefined, item: Item): boolean {
    return this.#then(this.#machine.received(peer, item, this.#nowMs))
  }

  notFound(peer: string, kind: number, ids: readonly Uint8Array[]): number {
    return this.#then(this.#machine.notFound(peer, kind, ids))
  }

  reject(kind: number, id: Uint8Array): void {
    this.#then(this.#machine.reject(kind, id))
  }

  isSettled(kind: number, id: Uint8Array): boolean {
    return this.#machine.isSettled(kind, id)
  }

  get(kind: number, id: Uint8Array): StoredItem | undefined {
    return this.#machine.get(kind, id, this.#nowMs)
  }

  get #machine(): Inventory {
    if (!this.#running)
      throw new TypeError('the inventory is not running: give it to createNode({ plugins }) and start')
    return this.#running.machine
  }

  get #nowMs(): number {
    return this.#running!.clock.now()
  }

  #then<T>(result: T): T {
    this.#schedule()
    return result
  }

  // One timer for everything; it is only ever moved nearer, and a wake-up too early costs next to nothing.
  #schedule(): void {
    if (!this.#running) return
    const { machine, clock } = this.#running
    const deadline = machine.nextDeadline()
    if (deadline === undefined) return
    const atMs = Math.max(deadline, clock.now() + machine.limits.gatherMs)
    if (this.#timer && this.#timerMs <= atMs) return
    this.#timer?.cancel()
    this.#timerMs = atMs
    this.#timer = clock.setTimer(atMs - clock.now(), () => this.#poll())
  }

  #poll(): void {
    this.#timer = undefined
    if (!this.#running) return
    const { machine, clock } = this.#running
    const { asks, announces } = machine.poll(clock.now())
    for (const { peer, kind, items } of asks) this.#carriers.get(peer)?.ask(peer, kind, items)
    for (const { peers, kind, items } of announces) {
      for (const [carrier, names] of this.#byCarrier(peers)) carrier.announce(names, kind, items)
    }
    this.#schedule()
  }

  #byCarrier(peers: readonly string[]): Map<Carrier, string[]> {
    const groups = new Map<Carrier, string[]>()
    for (const peer of peers) {
      const carrier = this.#carriers.get(peer)
      if (!carrier) continue
      const names = groups.get(carrier)
      if (names) names.push(peer)
      else groups.set(carrier, [peer])
    }
    return groups
  }
}
