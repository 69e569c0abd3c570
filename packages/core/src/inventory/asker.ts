// What is kept of a peer for asking it: what it carries, what it was asked, and how much of its time was ours.
import type { Due } from './deadlines.ts'
import type { Handle } from './id-table.ts'
import type { Announcement } from './request-tracker.ts'

/** Kinds that a peer is told of and asked for, and how long an answer may take. Shared by many peers. */
export interface Listen {
  readonly kinds: readonly number[]
  /** Milliseconds. */
  readonly askTimeoutMs: number
}

/**
 * One item that a peer was asked for and hasn't answered: `asked` holds others off, `late` no longer does, because the
 * item is urgent, and `lapsed` has had its time; it may still be answered.
 */
export interface ItemRequest extends Due {
  readonly asker: Asker
  readonly handle: Handle
  readonly kind: number
  /** The peer's credit when this was last looked at. */
  creditMs: number
  state: 'asked' | 'late' | 'lapsed'
}

/** The tracker's side of one peer; maps exist only while there is something in them. */
export class Asker {
  readonly name: string
  /** Asked before others. */
  readonly preferred: boolean
  listens: readonly Listen[]
  tracked: Map<Handle, Announcement> | undefined
  /** What it owes an answer to, whatever has become of the items. */
  asked: Map<Handle, ItemRequest> | undefined
  /** Requests among them that have lapsed: while there is one, it is asked nothing more. */
  lapsed = 0
  /** Announcements that could be asked for but for the bound. */
  ready = 0
  /** When it last answered anything, -1 for never. */
  answeredMs: number = -1
  #busy = 0
  #busySinceMs = 0
  #creditMs = 0

  constructor(name: string, preferred: boolean, listens: readonly Listen[]) {
    this.name = name
    this.preferred = preferred
    this.listens = listens
  }

  get inFlight(): number {
    return this.asked?.size ?? 0
  }

  /** Our own work on a message of the peer begins, behind which its next messages wait. */
  begin(nowMs: number): void {
    if (this.#busy++ === 0) this.#busySinceMs = nowMs
  }

  end(nowMs: number): void {
    if (this.#busy === 0 || --this.#busy > 0) return
    this.#creditMs += nowMs - this.#busySinceMs
  }

  /** Milliseconds of such work so far. */
  creditMs(nowMs: number): number {
    return this.#creditMs + (this.#busy > 0 ? nowMs - this.#busySinceMs : 0)
  }
}

export function isListening({ listens }: Asker, kind: number): boolean {
  return listens.some(({ kinds }) => kinds.includes(kind))
}

/** 0 for a kind that nothing carries any more: then the next peer is asked at once. */
export function timeoutOf({ listens }: Asker, kind: number): number {
  return listens.find(({ kinds }) => kinds.includes(kind))?.askTimeoutMs ?? 0
}
