// inv/1: carries items of a program's own kinds between peers and the inventory.
import { delay } from '../base/abort.ts'
import { toHex } from '../base/bytes.ts'
import { guarded } from '../base/guarded.ts'
import type { Clock } from '../base/clock.ts'
import { silentLogger } from '../base/log.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { causeText, PeerError, thrownFields } from '../errors/peer-error.ts'
import type { Intake } from '../inventory/intake.ts'
import type {
  AcceptedItem,
  AnyKind,
  ConnectKinds,
  InventoryContext,
  ItemFigures,
  ItemListener,
  ItemOutcome,
  ItemService,
} from '../inventory/kind.ts'
import type { Carrier, InventoryPlugin } from '../inventory/plugin.ts'
import type { ItemNote } from '../inventory/tasks.ts'
import { prepare } from '../wire/prepared.ts'
import type { Peer } from '../wire/peer.ts'
import type { Offer, Protocol } from '../wire/protocol.ts'
import { invProtocol, type Ids, type InvMessages, type NamedKind, type SentItem } from './inv-messages.ts'
import { ItemMessages, Serving } from './inv-serving.ts'

/** Ids of one inv that are looked at before others get their turn: a few milliseconds' worth. */
const SLICE_IDS = 4096
/**
 * Items that a peer may send without having been asked, over its life: one that comes very late may be of a request
 * that is forgotten.
 */
const MAX_UNASKED = 16

/** A peer that shares inv/1. */
interface InvPeer {
  readonly peer: Peer
  /** Made when it first asks. */
  serving: Serving | undefined
  /** Kinds that both know, by number; absent before the peer has said its own. */
  kinds: ReadonlyMap<number, AnyKind> | undefined
  unasked: number
}

export const connectKinds: ConnectKinds = (inventory, kinds) => new InvService(inventory, kinds)

class InvService implements ItemService, Carrier {
  readonly protocols: readonly Offer[]
  readonly #inventory: InventoryPlugin
  readonly #kinds: readonly AnyKind[]
  readonly #protocol: Protocol<InvMessages>
  readonly #byNumber: ReadonlyMap<number, AnyKind>
  readonly #numbers: readonly number[]
  readonly #peers = new Map<string, InvPeer>()
  readonly #listeners = new Map<AnyKind, Set<ItemListener<unknown>>>()
  #intake: Intake | undefined
  /** With the messages that are kept ready. */
  #serve: ((peer: Peer) => Serving) | undefined
  #context: InventoryContext | undefined

  constructor(inventory: InventoryPlugin, kinds: readonly AnyKind[]) {
    checkKinds(kinds)
    this.#inventory = inventory
    this.#kinds = kinds
    this.#protocol = invProtocol(Math.max(...kinds.map(({ maxBytes }) => maxBytes)))
    this.#byNumber = new Map(kinds.map((kind) => [kind.number, kind]))
    this.#numbers = [...this.#byNumber.keys()]
    this.protocols = [this.#offer()]
  }

  async start(context: InventoryContext): Promise<void> {
    this.#context = context
    const { Intake } = await import('../inventory/intake.ts')
    const messages = new ItemMessages(this.#protocol)
    const nowMs = (): number => context.clock.now()
    this.#serve = (peer) => new Serving(peer, this.#protocol, messages, this.#inventory, nowMs)
    this.#intake = new Intake({
      inventory: this.#inventory,
      clock: context.clock,
      logger: context.logger ?? silentLogger,
      invalid: (peer, text, cause) => this.#fail(peer, 'invalid item', text, cause),
      failed: (peer, error) => this.#fail(peer, 'handler failed', `a check threw: ${causeText(error)}`, error),
      accepted: (item) => this.#accepted(item),
    })
  }

  stop(): void {
    this.#intake?.stop()
    this.#peers.clear()
    this.#serve = undefined
    this.#listeners.clear()
  }

  publish(kind: AnyKind, bytes: Uint8Array, isPassedOn: boolean): Uint8Array {
    if (bytes.length > kind.maxBytes) {
      throw new TypeError(`a ${kind.name} has at most ${kind.maxBytes} bytes, not ${bytes.length}`)
    }
    return this.#items.publish(kind, bytes, isPassedOn)
  }

  deliver(peer: string, kind: AnyKind, bytes: Uint8Array, ageMs: number): Promise<ItemOutcome> {
    return this.#items.take(peer, kind, bytes, { ageMs, mayBeUnasked: true })
  }

  gone(peer: string): void {
    this.#intake?.gone(peer)
  }

  lost(kind: number, id: Uint8Array): void {
    void this.#intake?.lost(kind, id)
  }

  follow(kind: AnyKind, listener: ItemListener<unknown>): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set()
    this.#listeners.set(kind, listeners)
    // An object of its own, so that one function may follow twice and end once.
    const own: ItemListener<unknown> = (item) => listener(item)
    listeners.add(own)
    return () => void listeners.delete(own)
  }

  figures(): ItemFigures {
    return this.#items.figures()
  }

  // What the inventory wants.

  ask(id: string, kind: number, items: readonly ItemNote[]): void {
    const ids = items.map((note) => note.id)
    void this.#peers.get(id)?.peer.send(this.#protocol, 'getdata', { kind, ids })
  }

  announce(peers: readonly string[], kind: number, items: readonly ItemNote[]): void {
    const ids = items.map((note) => note.id)
    const prepared = prepare(this.#protocol, 'inv', { kind, ids })
    for (const id of peers) void this.#peers.get(id)?.peer.sendPrepared(prepared)
  }

  useless(id: string): void {
    const text = 'asked for items, and answered nothing for long after its time was over'
    this.#peers.get(id)?.peer.fail(new PeerError('request timeout', DiscReason.uselessPeer, text))
  }

  // What peers say.

  #offer(): Offer {
    return this.#protocol.with(
      {
        kinds: (peer, kinds) => this.#learnKinds(peer, kinds),
        inv: (peer, ids) => this.#announced(peer, ids),
        getdata: (peer, ids) => this.#asked(peer, ids),
        item: (peer, item) => this.#received(peer, item),
        notfound: (peer, ids) => this.#notFound(peer, ids),
      },
      {
        opened: (peer) => {
          this.#peers.set(peer.id, { peer, serving: undefined, kinds: undefined, unasked: 0 })
          void peer.send(this.#protocol, 'kinds', this.#kinds)
        },
        closed: ({ id }) => {
          this.#peers.get(id)?.serving?.stop()
          this.#peers.delete(id)
          this.#inventory.detach(id, this)
        },
      },
    )
  }

  #learnKinds(peer: Peer, named: readonly NamedKind[]): void {
    const speaker = this.#peers.get(peer.id)
    if (!speaker) return
    if (speaker.kinds) throw breach('a second list of kinds')
    const names = new Map(named.map(({ number, name }) => [number, name]))
    const common = this.#kinds.filter(
      ({ number, name, over }) => names.get(number) === name && !sharesCapability(peer, over),
    )
    // One map and one list for all peers that have everything.
    const isAll = common.length === this.#kinds.length
    speaker.kinds = isAll ? this.#byNumber : new Map(common.map((kind) => [kind.number, kind]))
    const kinds = isAll ? this.#numbers : common.map(({ number }) => number)
    this.#inventory.attach(peer.id, { preferred: peer.direction === 'outbound', kinds }, this)
  }

  async #announced(peer: Peer, { kind, ids }: Ids): Promise<void> {
    // Kinds that we don't know, or that another protocol carries, are none of our business.
    if (!this.#speaker(peer).kinds!.has(kind)) return
    for (let at = 0; at < ids.length; at += SLICE_IDS) {
      if (at > 0) await delay(this.#clock, 0, peer.signal)
      const notes = ids.slice(at, at + SLICE_IDS).map((id) => ({ id, meta: 0 }))
      this.#inventory.announced(peer.id, kind, notes)
    }
  }

  async #received(peer: Peer, { kind: number, bytes, ageMs }: SentItem): Promise<void> {
    const speaker = this.#speaker(peer)
    const kind = speaker.kinds!.get(number)
    if (kind && (await this.#items.take(peer.id, kind, bytes, { ageMs })) !== 'unasked') return
    if (++speaker.unasked > MAX_UNASKED) {
      const text = `${speaker.unasked} items that nobody asked for`
      throw new PeerError('unexpected answer', DiscReason.breachOfProtocol, text)
    }
  }

  #notFound(peer: Peer, { kind, ids }: Ids): void {
    if (!this.#speaker(peer).kinds!.has(kind)) return
    this.#items.counts.unaskedNotFound += ids.length - this.#inventory.notFound(peer.id, kind, ids)
  }

  // Items of other kinds may lie in the same inventory, and another protocol serves them.
  #asked(peer: Peer, ids: Ids): void {
    const speaker = this.#speaker(peer)
    if (!speaker.kinds!.has(ids.kind)) return
    speaker.serving ??= this.#serve!(peer)
    speaker.serving.add(ids)
  }

  // Whoever has said its kinds. @throws {PeerError} when the peer has not
  #speaker(peer: Peer): InvPeer {
    const speaker = this.#peers.get(peer.id)
    if (!speaker?.kinds) throw breach('the first message lists no kinds')
    return speaker
  }

  #accepted(item: AcceptedItem): void {
    this.#peers.get(item.peer)?.peer.credit()
    for (const listener of this.#listeners.get(item.kind) ?? []) {
      guarded(
        () => listener(item),
        (error) => {
          const fields = { kind: item.kind.name, id: toHex(item.id), ...thrownFields(error) }
          this.#context?.logger?.log('error', 'a listener threw', fields)
        },
      )
    }
  }

  #fail(id: string, code: 'invalid item' | 'handler failed', text: string, cause: unknown): void {
    const error = new PeerError(code, DiscReason.subprotocolError, text, cause === undefined ? {} : { cause })
    const known = this.#peers.get(id)
    if (known) known.peer.fail(error)
    else this.#context?.logger?.log('debug', 'Item from an unknown peer', { peer: id, err: String(error) })
  }

  get #items(): Intake {
    return this.#intake!
  }

  get #clock(): Clock {
    return this.#context!.clock
  }
}

function breach(text: string): PeerError {
  return new PeerError('invalid message', DiscReason.breachOfProtocol, text)
}

function sharesCapability({ shared }: Peer, wanted: AnyKind['over']): boolean {
  return wanted !== undefined && shared.some(({ name, version }) => name === wanted.name && version === wanted.version)
}

function checkKinds(kinds: readonly AnyKind[]): void {
  const seen = new Set<string | number>()
  for (const { name, number } of kinds) {
    if (seen.has(name) || seen.has(number)) throw new TypeError(`kind ${name} with number ${number} is given twice`)
    seen.add(name).add(number)
  }
}
