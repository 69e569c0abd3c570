// How it is read that a listener refuses us, and why: `docs/protocols/close-codes.md`.
import { DiscReason } from '../errors/disc-reason.ts'
import { oneLine, PeerError } from '../errors/peer-error.ts'

/** As in the table of `refusal-text.ts`, which a page that only reads refusals does without. */
const THROTTLED = 4429

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
