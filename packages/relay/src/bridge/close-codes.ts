// With what a bridge ends a WebSocket: how links end, and what those are told that get none.
import { RefusalCode, refusalText } from '@peerwire/core'
import type { Goodbye } from '../splice/side.ts'

export const CloseCode = {
  normal: 1000,
} as const

export function isGoodbye(value: object): value is Goodbye {
  return 'code' in value && 'text' in value
}

/** After these seconds an operator may have listed the target, or what a ticket names. */
const ABSENT_RETRY_S = 300
/** A relay that stops is back, or another one in its place. */
const DRAIN_RETRY_S = 5

export function absent(words: string): Goodbye {
  return { code: RefusalCode.absent, text: refusalText('absent', words, ABSENT_RETRY_S) }
}

/** No hint of a time: whoever gives tickets may give another one at once. */
export function unknownPass(words: string): Goodbye {
  return { code: RefusalCode.unknownPass, text: refusalText('unknown pass', words) }
}

export function declined(words: string): Goodbye {
  return { code: RefusalCode.declined, text: refusalText('declined', words, ABSENT_RETRY_S) }
}

export function badOrigin(words: string): Goodbye {
  return { code: RefusalCode.declined, text: refusalText('origin', words, ABSENT_RETRY_S) }
}

export function badRequest(words: string): Goodbye {
  return { code: RefusalCode.badRequest, text: refusalText('bad request', words, ABSENT_RETRY_S) }
}

export function noAnswer(words: string): Goodbye {
  return { code: RefusalCode.noAnswer, text: refusalText('no answer', words) }
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
