// How a listener tells those whom it refuses why, and how that is read: `docs/protocols/close-codes.md`.
import { DiscReason } from '../errors/disc-reason.ts'
import { oneLine, PeerError } from '../errors/peer-error.ts'

/** As in the table, which a page that only reads refusals does without. */
const THROTTLED = 4429

/** Close codes of refusals; all others from 4400 to 4599 are read as refusals, too. */
export const RefusalCode = {
  badRequest: 4400,
  unknownPass: 4401,
  /** Declined, or a page of an origin that may not connect. */
  declined: 4403,
  absent: 4404,
  /** Idle or stalled. */
  idle: 4408,
  /** Throttled or full. */
  throttled: 4429,
  target: 4502,
  /** Draining, or a fleet that is not available. */
  draining: 4503,
  noAnswer: 4504,
} as const

/** The `cause` of a `relay refused`. */
export interface Refusal {
  /** Which refusal: `throttled`, `origin`; `refused` where the remote named none. */
  readonly name: string
  /**
   * Not to be asked again by itself before so many milliseconds have passed, at most a day; `Infinity`: never;
   * `undefined`: nothing was said.
   */
  readonly retryAfterMs: number | undefined
}

/** What a close frame has room for, in bytes of UTF-8. */
const MAX_BYTES = 123
/** Longest wait that a remote can ask for; who wants us never says so. */
const MAX_RETRY_S = 86_400
const FORM = /^([^;]*)(?:; *retry=(\d+))?(?:; *(.*))?$/

/**
 * The text of a refusal, cut to what a close frame can carry.
 *
 * @param name - without a semicolon
 * @param retryS - whole seconds; 0: never; left out: as the remote likes
 */
export function refusalText(name: string, words: string, retryS?: number): string {
  return cutReason([name, ...(retryS === undefined ? [] : [`retry=${retryS}`]), words].join('; '))
}

/** As much of a reason as fits a close frame; never half a character. */
export function cutReason(text: string): string {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length <= MAX_BYTES) return text
  return new TextDecoder().decode(bytes.subarray(0, MAX_BYTES)).replace(/\ufffd+$/, '')
}

/** What a close code and its reason mean when they are a refusal; `undefined` when they are something else. */
export function readRefusal(code: number, text: string): PeerError | undefined {
  if (!(code >= 4400 && code < 4600)) return undefined
  // Whoever sends it may lie: nothing invisible, and no more than a close frame holds.
  const line = oneLine(text.slice(0, MAX_BYTES))
  const [, said = '', seconds, words = ''] = FORM.exec(line) ?? []
  const name = said.trim() || 'refused'
  const cause: Refusal = { name, retryAfterMs: seconds === undefined ? undefined : waitMs(+seconds) }
  const reason = code === THROTTLED ? DiscReason.tooManyPeers : DiscReason.requested
  return new PeerError('relay refused', reason, `${name}: ${words.trim() || `close code ${code}`}`, { cause })
}

function waitMs(seconds: number): number {
  return seconds === 0 ? Infinity : Math.min(seconds, MAX_RETRY_S) * 1000
}
