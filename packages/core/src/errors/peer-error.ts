// The one error that ends or refuses a peer.
import { CODES } from './codes.ts'
import type { ErrorOrigin, PeerErrorCode } from './codes.ts'
import { DiscReason, discReasonText } from './disc-reason.ts'

/**
 * Most characters of a message or a cause that one line shows: a handler may throw with all of what a stranger
 * sent.
 */
const MAX_TEXT = 512
/** Most characters of a stack, which hold its first frames, and of the message that some engines begin it with. */
const MAX_STACK = 1200
const MAX_STACK_MESSAGE = 64

export interface PeerErrorOptions extends ErrorOptions {
  /**
   * Whose failure this is: a peer's, or that of something else, such as a search. By default it becomes that of the
   * first peer that it ends. A handler that throws somebody else's failure has failed itself.
   */
  readonly owner?: object | undefined
}

/** Whose failure an error is. Kept apart from it, so that passing an error around changes nothing. */
const OWNERS = /* @__PURE__ */ new WeakMap<PeerError, WeakRef<object>>()

/** The text of an object that has none of its own: its fields say more. */
const PLAIN = '[object Object]'

/** What `JSON.stringify` gives of a PeerError; the keys and their order are stable. */
export interface PeerErrorJson {
  readonly code: PeerErrorCode
  /** A number, or decimal text past 2^53 - 1. */
  readonly reason: number | string
  readonly reasonText: string
  readonly message: string
  readonly cause?: string
}

/**
 * One failure of one peer: made where it began, carried unchanged to `peer:removed`.
 *
 * `code` says where it began, `reason` is what a Disconnect tells (or told), `cause` is what lay underneath.
 */
export class PeerError extends Error {
  override readonly name = 'PeerError'
  readonly code: PeerErrorCode
  readonly reason: DiscReason

  /** @throws {RangeError} when the reason is no whole number from 0 */
  constructor(code: PeerErrorCode, reason: DiscReason, message: string, options?: PeerErrorOptions) {
    super(message, options)
    // A Disconnect could not tell it; found out there, the peer would have ended by half.
    if (!(reason >= 0) || (typeof reason === 'number' && !Number.isSafeInteger(reason))) {
      throw new RangeError(`a reason is a whole number from 0, not ${reason}`)
    }
    this.code = code
    this.reason = reason
    if (options?.owner) claimError(this, options.owner)
  }

  /** Whose doing it was: the remote's, the way's, this node's, or that of the user's own code. */
  get origin(): ErrorOrigin {
    return CODES[this.code].origin
  }

  /** `PeerError(code=…, reason=…, err=<cause or <nil>>, message=…)`, on one line. */
  override toString(): string {
    const cause = this.cause === undefined ? '<nil>' : causeText(this.cause)
    return `PeerError(code=${this.code}, reason=${discReasonText(this.reason)}, err=${cause}, message=${oneLine(this.message)})`
  }

  toJSON(): PeerErrorJson {
    return {
      code: this.code,
      reason: typeof this.reason === 'bigint' ? String(this.reason) : this.reason,
      reasonText: discReasonText(this.reason),
      message: this.message,
      ...(this.cause === undefined ? {} : { cause: causeText(this.cause) }),
    }
  }
}

/** Makes an error somebody's, unless it is another's already; answers whether it is this one's now. */
export function claimError(error: PeerError, owner: object): boolean {
  const before = OWNERS.get(error)
  if (!before) OWNERS.set(error, new WeakRef(owner))
  return !before || before.deref() === owner
}

export function isPeerError(value: unknown): value is PeerError {
  return value instanceof PeerError
}

/** What the user's own code threw, as what ends or refuses `peer`; `thrown` is its cause. */
export function handlerFailed(thrown: unknown, peer?: object): PeerError {
  const text = thrown instanceof Error ? thrown.message : 'a handler threw'
  return new PeerError('handler failed', DiscReason.subprotocolError, text, { cause: thrown, owner: peer })
}

/** What a line says of something that the program's own code threw. */
export function thrownFields(error: unknown): { readonly err: string; readonly stack: string | undefined } {
  return { err: causeText(error), stack: error instanceof Error ? stackOf(error) : undefined }
}

// Where it was thrown. The message stands in some stacks again, whole: it may be all of what a stranger sent.
function stackOf({ stack, message }: Error): string | undefined {
  if (typeof stack !== 'string') return undefined
  const at = message.length > MAX_STACK_MESSAGE ? stack.indexOf(message) : -1
  const short = at < 0 ? stack : `${stack.slice(0, at + MAX_STACK_MESSAGE)}…${stack.slice(at + message.length)}`
  return short.slice(0, MAX_STACK)
}

/** The text of anything that was thrown. */
export function causeText(cause: unknown): string {
  try {
    if (cause instanceof PeerError) return cause.toString()
    const text = String(cause instanceof Error ? cause.message || cause.name : cause)
    return oneLine(text === PLAIN ? JSON.stringify(cause) : text)
  } catch {
    return 'a value without text'
  }
}

/** A stranger's text may be in it: nothing invisible, nothing that breaks a line or turns text around. */
export function oneLine(text: string): string {
  const line = text.slice(0, MAX_TEXT).replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
  return text.length > MAX_TEXT ? `${line}…` : line
}
