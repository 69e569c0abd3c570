// How a listener tells those whom it refuses why: `docs/protocols/close-codes.md`. Apart, for a tab refuses nobody.
import { cutReason } from './refusal.ts'

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

/**
 * The text of a refusal, cut to what a close frame can carry.
 *
 * @param name - without a semicolon
 * @param retryS - whole seconds; 0: never; left out: as the remote likes
 */
export function refusalText(name: string, words: string, retryS?: number): string {
  return cutReason([name, ...(retryS === undefined ? [] : [`retry=${retryS}`]), words].join('; '))
}
