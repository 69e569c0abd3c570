// What happens to an item that came: its id is computed, its parent awaited, its check run, and then it is passed on.
import { toHex } from '../base/bytes.ts'
import type { Clock } from '../base/clock.ts'
import type { Logger } from '../base/log.ts'
import type { AcceptedItem, AnyKind, CheckContext, ItemCounts, ItemFigures, ItemOutcome, ItemVerdict } from './kind.ts'
import { DEFAULT_ORPHAN_LIMITS, OrphanPool, type Orphan } from './orphan-pool.ts'
import type { InventoryPlugin } from './plugin.ts'

/** Peers that are remembered as unknown, so that one warning is enough for each. */
const MAX_WARNED = 256

/** An item on its way in. */
interface Incoming {
  readonly kind: AnyKind
  readonly id: Uint8Array
  readonly bytes: Uint8Array
  readonly value: unknown
  readonly peer: string
  /** Milliseconds since it was published, when it came at `atMs`. */
  readonly ageMs: number
  readonly atMs: number
}

/** How an item came. */
export interface Arrival {
  readonly ageMs?: number | undefined
  /** It need not have been asked for. */
  readonly mayBeUnasked?: boolean | undefined
}

interface Waiting extends Orphan {
  readonly incoming: Incoming
  /** How many items in a row wait here, this one the first to be had. */
  readonly depth: number
}

export interface IntakeHost {
  readonly inventory: InventoryPlugin
  readonly clock: Clock
  readonly logger: Logger
  /** The peer sent what is no item of its kind; `text` says why. */
  invalid(peer: string, text: string, cause: unknown): void
  /** A check threw. */
  failed(peer: string, error: unknown): void
  accepted(item: AcceptedItem): void
}

export class Intake {
  readonly #host: IntakeHost
  readonly #counts: ItemCounts = {
    accepted: 0,
    ignored: 0,
    later: 0,
    invalid: 0,
    repeated: 0,
    stale: 0,
    unasked: 0,
    unaskedNotFound: 0,
    first: 0,
    orphaned: 0,
    orphansDropped: 0,
    checkMs: 0,
    wastedMs: 0,
    wastedBytes: 0,
  }
  readonly #orphans: OrphanPool<Waiting>
  /** What is being checked, by who sent it. */
  readonly #checking = new Map<string, Set<Incoming>>()
  readonly #warned = new Set<string>()
  #stopped = false

  constructor(host: IntakeHost) {
    this.#host = host
    this.#orphans = new OrphanPool(DEFAULT_ORPHAN_LIMITS, ({ incoming: { kind, id } }) => {
      this.#counts.orphansDropped++
      host.inventory.letGo(kind.number, id)
    })
  }

  get counts(): ItemCounts {
    return this.#counts
  }

  figures(): ItemFigures {
    return { ...this.#counts, orphans: this.#orphans.size, orphanBytes: this.#orphans.bytes }
  }

  /** A peer sent an item that was asked for. Resolves when all that follows is done. */
  async take(peer: string, kind: AnyKind, bytes: Uint8Array, arrival: Arrival = {}): Promise<ItemOutcome> {
    const { ageMs = 0, mayBeUnasked = false } = arrival
    const { inventory, clock } = this.#host
    const startMs = clock.now()
    const sent = { peer, kind, bytes }
    this.#orphans.expire(startMs)
    if (bytes.length > kind.maxBytes) return this.#invalid(sent, startMs, `of ${bytes.length} bytes is too large`)
    let id: Uint8Array
    try {
      id = kind.id(bytes)
    } catch (cause) {
      return this.#invalid(sent, startMs, 'has no id', cause)
    }
    const how = inventory.arrived(peer, kind.number, id, mayBeUnasked)
    if (how !== 'new') {
      if (how === 'unasked') this.#counts.unasked++
      else this.#counts.repeated++
      return how
    }
    if (ageMs >= inventory.lifeMs(kind.number)) {
      this.#counts.stale++
      inventory.letGo(kind.number, id)
      return 'ignored'
    }
    // What came in one piece with other messages would keep them.
    const own = bytes.length === bytes.buffer.byteLength ? bytes : bytes.slice()
    let value: unknown
    try {
      value = kind.read(own)
    } catch (cause) {
      inventory.reject(kind.number, id, peer)
      this.#dropBelow(kind, id)
      return this.#invalid(sent, startMs, `${toHex(id)} can't be read`, cause)
    }
    return await this.#enter({ kind, id, bytes: own, value, peer, ageMs, atMs: startMs })
  }

  /** An item of this node's own. What waited for it goes on its way. */
  publish(kind: AnyKind, bytes: Uint8Array, isPassedOn: boolean): Uint8Array {
    const { inventory } = this.#host
    const id = kind.id(bytes)
    kind.read(bytes)
    const item = { kind: kind.number, id, meta: 0, bytes, isPassedOn }
    if (!inventory.get(kind.number, id) && !inventory.received(undefined, item)) {
      throw new TypeError(`a ${kind.name} of ${bytes.length} bytes has no room in the store`)
    }
    void this.#release(kind, id)
    return id
  }

  /** The peer is gone: what it sent and waits, or isn't judged yet, is asked of the next who announced it. */
  gone(peer: string): void {
    this.#orphans.removeSource(peer)
    for (const { kind, id } of this.#checking.get(peer) ?? []) this.#host.inventory.letGo(kind.number, id)
  }

  /**
   * Nobody is left to be asked for an item: what waits for it is the first of its chain here, where its kind allows.
   */
  async lost(kind: number, id: Uint8Array): Promise<void> {
    if (this.#stopped) return
    const key = `${kind} ${toHex(id)}`
    for (const { incoming } of this.#orphans.takeChildren(key, ({ incoming }) => this.#mayBegin(incoming)))
      await this.#begin(incoming)
  }

  /** Checks that still run come to nothing. */
  stop(): void {
    this.#stopped = true
  }

  async #enter(incoming: Incoming): Promise<ItemOutcome> {
    const { kind, id } = incoming
    const { inventory } = this.#host
    const parent = this.#parentOf(incoming)
    const state = parent ? inventory.stateOf(kind.number, parent) : 'accepted'
    if (!parent || state === 'accepted') return await this.#follow(incoming, parent)
    if (state === 'refused') return this.#ignore(incoming)
    const depth = 1 + this.#orphans.childrenOf(keyOf(kind, id)).reduce((most, child) => Math.max(most, child.depth), 0)
    // What was announced comes by itself; it is the rest that is asked for no further back.
    const isFar = depth > kind.walkBack && state === 'open'
    if (isFar && this.#mayBegin(incoming)) return await this.#begin(incoming)
    return this.#wait(incoming, parent, depth, isFar)
  }

  #parentOf({ kind, id, value }: Incoming): Uint8Array | undefined {
    try {
      return kind.parent(value)
    } catch (error) {
      this.#host.inventory.letGo(kind.number, id)
      throw error
    }
  }

  // Judges an item whose parent is here or can't be had, and then what waits for it.
  async #follow(incoming: Incoming, parent: Uint8Array | undefined): Promise<ItemOutcome> {
    const { kind, id } = incoming
    const outcome = await this.#judge(incoming, parent)
    if (outcome === 'accepted' || outcome === 'known') await this.#release(kind, id)
    else if (outcome !== 'later') this.#dropBelow(kind, id)
    return outcome
  }

  #mayBegin({ kind, value, peer }: Incoming): boolean {
    try {
      return kind.first(value)
    } catch (error) {
      this.#host.failed(peer, error)
      return false
    }
  }

  async #begin(incoming: Incoming): Promise<ItemOutcome> {
    this.#counts.first++
    return await this.#follow(incoming, undefined)
  }

  #wait(incoming: Incoming, parent: Uint8Array, depth: number, isFar: boolean): ItemOutcome {
    const { kind, id, peer, bytes } = incoming
    const { inventory, clock } = this.#host
    if (!inventory.isHere(peer)) this.#warn(incoming)
    this.#counts.orphaned++
    const waiting = { parentKey: keyOf(kind, parent), source: peer, bytes: bytes.length, incoming, depth }
    this.#orphans.add(waiting, clock.now())
    if (isFar) return 'waiting'
    // Whoever has the child has the parent.
    inventory.announced(peer, kind.number, [{ id: parent, meta: 0 }])
    inventory.awaitParent(kind.number, id, parent)
    return 'waiting'
  }

  // A loop, not a recursion: a chain that waited may be long.
  async #release(kind: AnyKind, id: Uint8Array): Promise<void> {
    const ready = [...this.#orphans.takeChildren(keyOf(kind, id))]
    for (let child = ready.shift(); child; child = ready.shift()) {
      const { incoming } = child
      const outcome = await this.#judge(incoming, incoming.kind.parent(incoming.value))
      if (outcome === 'later') continue
      if (outcome !== 'accepted' && outcome !== 'known') this.#dropBelow(incoming.kind, incoming.id)
      else ready.push(...this.#orphans.takeChildren(keyOf(incoming.kind, incoming.id)))
    }
  }

  // What hangs on a refused item can't be accepted, and its senders may not have known.
  #dropBelow(kind: AnyKind, id: Uint8Array): void {
    if (this.#stopped) return
    const refused = [...this.#orphans.takeChildren(keyOf(kind, id))]
    for (let orphan = refused.shift(); orphan; orphan = refused.shift()) {
      const below = orphan.incoming
      this.#counts.orphansDropped++
      this.#host.inventory.letGo(below.kind.number, below.id)
      refused.push(...this.#orphans.takeChildren(keyOf(below.kind, below.id)))
    }
  }

  async #judge(incoming: Incoming, parent: Uint8Array | undefined): Promise<ItemOutcome> {
    const { kind, id, bytes, value, peer } = incoming
    const { inventory, clock } = this.#host
    if (this.#stopped) return 'ignored'
    const startMs = clock.now()
    inventory.working(peer, true)
    const verdict = await this.#verdict(incoming, parent)
    if (this.#stopped) return 'ignored'
    inventory.working(peer, false)
    this.#counts.checkMs += clock.now() - startMs
    // Another peer's copy was asked for when this one's sender left.
    if (inventory.stateOf(kind.number, id) === 'accepted') return 'known'
    if (!verdict) {
      inventory.letGo(kind.number, id)
      return 'ignored'
    }
    if (verdict === 'later') {
      this.#counts.later++
      inventory.retry(kind.number, id)
      return 'later'
    }
    if (verdict === 'ignore') return this.#ignore(incoming)
    if (verdict === 'invalid') {
      inventory.reject(kind.number, id, peer)
      return this.#invalid(incoming, startMs, `${toHex(id)} failed its check`)
    }
    const ageMs = incoming.ageMs + clock.now() - incoming.atMs
    if (!inventory.received(peer, { kind: kind.number, id, meta: 0, bytes, ageMs })) {
      return inventory.stateOf(kind.number, id) === 'accepted' ? 'accepted' : 'ignored'
    }
    this.#counts.accepted++
    this.#host.accepted({ kind, id, bytes, value, peer })
    return 'accepted'
  }

  async #verdict(incoming: Incoming, parent: Uint8Array | undefined): Promise<ItemVerdict | undefined> {
    const { peer } = incoming
    const checking = this.#checking.get(peer) ?? new Set()
    this.#checking.set(peer, checking.add(incoming))
    try {
      return await incoming.kind.check(incoming.value, this.#contextOf(incoming, parent))
    } catch (error) {
      this.#host.failed(peer, error)
      return undefined
    } finally {
      checking.delete(incoming)
      if (checking.size === 0) this.#checking.delete(peer)
    }
  }

  #ignore({ kind, id, peer }: Incoming): ItemOutcome {
    this.#host.inventory.reject(kind.number, id, peer)
    this.#counts.ignored++
    return 'ignored'
  }

  #contextOf({ kind, id, peer }: Incoming, parent: Uint8Array | undefined): CheckContext<unknown> {
    const stored = parent && this.#host.inventory.get(kind.number, parent)
    return { id, peer, parent: stored && kind.read(stored.bytes) }
  }

  #invalid({ peer, kind, bytes }: Sent, startMs: number, text: string, cause?: unknown): ItemOutcome {
    this.#counts.invalid++
    this.#counts.wastedBytes += bytes.length
    this.#counts.wastedMs += this.#host.clock.now() - startMs
    this.#host.invalid(peer, `${kind.name} ${text}`, cause)
    return 'invalid'
  }

  #warn({ peer, kind, id }: Incoming): void {
    if (this.#warned.has(peer)) return
    if (this.#warned.size >= MAX_WARNED) this.#warned.clear()
    this.#warned.add(peer)
    this.#host.logger.log('warn', 'Item out of order from an unknown peer', { kind: kind.name, id: toHex(id), peer })
  }
}

type Sent = Pick<Incoming, 'peer' | 'kind' | 'bytes'>

function keyOf(kind: AnyKind, id: Uint8Array): string {
  return `${kind.number} ${toHex(id)}`
}
