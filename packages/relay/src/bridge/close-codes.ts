// With what a bridge ends a WebSocket: how links end, and what those are told that get none.
import { RefusalCode, refusalText } from '@peerwire/core'
import type { Goodbye } from '../splice/side.ts'

export const CloseCode = {
  normal: 1000,
} as const

/** After these seconds an operator may have listed the target. */
const ABSENT_RETRY_S = 300
/** A relay that stops is back, or another one in its place. */
const DRAIN_RETRY_S = 5

export function absent(words: string): Goodbye {
  return { code: RefusalCode.absent, text: refusalText('absent', words, ABSENT_RETRY_S) }
}

export function full(words: string): Goodbye {
  return { code: RefusalCode.throttled, text: refusalText('full', words) }
}

export function throttled(words: string, retryS: number): Goodbye {
  return { code: RefusalCode.throttled, text: refusalText('throttled', words, retryS) }
}

export function targetFailed(words: string): Goodbye {
  return { code: RefusalCode.target, text: refusalText('target', words) }
}

export function idle(words: string): Goodbye {
  return { code: RefusalCode.idle, text: refusalText('idle', words) }
}

export function draining(words: string): Goodbye {
  return { code: RefusalCode.draining, text: refusalText('draining', words, DRAIN_RETRY_S) }
}
