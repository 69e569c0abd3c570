// The one error that ends or refuses a peer.
import type { PeerErrorCode } from './codes.ts'
import { DiscReason, discReasonText } from './disc-reason.ts'

/**
 * Most characters of a message or a cause that one line shows: a handler may throw with all of what a stranger
 * sent.
 */
const MAX_TEXT = 512

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

  constructor(code: PeerErrorCode, reason: DiscReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.reason = reason
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

export function isPeerError(value: unknown): value is PeerError {
  return value instanceof PeerError
}

/** The text of anything that was thrown. */
export function causeText(cause: unknown): string {
  try {
    if (cause instanceof PeerError) return cause.toString()
    return oneLine(String(cause instanceof Error ? cause.message || cause.name : cause))
  } catch {
    return 'a value without text'
  }
}

// A stranger's text may be in it: nothing invisible, nothing that breaks a line or turns text around.
function oneLine(text: string): string {
  const line = text.slice(0, MAX_TEXT).replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ')
  return text.length > MAX_TEXT ? `${line}…` : line
}
