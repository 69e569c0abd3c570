// How many entries of a peer are looked at: what it has no token for is counted and forgotten.
import { ASKED_TOKENS, FIRST_TOKENS, MAX_TOKENS, TOKENS_PER_SECOND } from './limits.ts'

/** Fills by a tenth of a token per second up to 1,000; what we ask for comes on top. */
export class TokenBucket {
  #tokens = FIRST_TOKENS
  #filledAtMs: number

  constructor(nowMs: number) {
    this.#filledAtMs = nowMs
  }

  /** We have asked the peer: it may send a full answer, also beyond what can be saved up. */
  allowAnswer(): void {
    this.#tokens += ASKED_TOKENS
  }

  /** Takes up to `wanted` tokens; how many there were. */
  take(nowMs: number, wanted: number): number {
    const elapsedMs = Math.max(0, nowMs - this.#filledAtMs)
    this.#filledAtMs = nowMs
    if (this.#tokens < MAX_TOKENS) {
      this.#tokens = Math.min(MAX_TOKENS, this.#tokens + (elapsedMs * TOKENS_PER_SECOND) / 1000)
    }
    const taken = Math.min(wanted, Math.floor(this.#tokens))
    this.#tokens -= taken
    return taken
  }
}
