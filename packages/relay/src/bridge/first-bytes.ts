// What a tab says first: held until it looks like an RLPx handshake, so that nothing else makes the relay dial.
import type { Clock } from '@peerwire/core'
import type { Goodbye, Side } from '../splice/side.ts'
import { badRequest, idle, targetFailed } from './close-codes.ts'

/** The size of an EIP-8 auth: 169 bytes of RLP and 113 of ECIES at least; go-ethereum takes 2,048. */
const LEAST_AUTH = 282
const MOST_AUTH = 2_048
/** How the ephemeral key begins that ECIES puts first. */
const POINT = 0x04

/** Bytes that are held until the target is there; who speaks RLPx has no more to say before it is answered. */
const MAX_HELD = 4_096

/**
 * Whether these bytes begin as an EIP-8 auth does, all of which has come: `undefined` while that can't be told. What
 * HTTP, TLS, SMTP, SSH and Redis begin with is a size past the bounds.
 */
export function isAuth(bytes: Uint8Array): boolean | undefined {
  const [high = 0, low, point = POINT] = bytes
  if (low === undefined) return high <= MOST_AUTH >> 8 ? undefined : false
  const size = (high << 8) | low
  if (size < LEAST_AUTH || size > MOST_AUTH || point !== POINT) return false
  return bytes.length >= size + 2 ? true : undefined
}

export class FirstBytes {
  /** Resolves when a handshake lies ready, or with what the tab is to be told instead. */
  readonly ready: Promise<Goodbye | undefined>
  readonly #tab: Side
  readonly #held = new Uint8Array(MAX_HELD)
  #length = 0
  #settle: (goodbye?: Goodbye) => void = () => undefined

  /** @param tab - paused; paused again once there is enough */
  constructor(tab: Side, clock: Clock, authMs: number) {
    this.#tab = tab
    this.ready = new Promise((resolve) => {
      const timer = clock.setTimer(authMs, () => this.#settle(idle(`no whole handshake within ${authMs} ms`)))
      this.#settle = (goodbye) => {
        timer.cancel()
        resolve(goodbye)
      }
    })
    tab.open({
      bytes: (chunk) => this.#take(chunk),
      drained: () => undefined,
      ended: () => this.#settle(targetFailed('the tab went away')),
    })
    tab.resume()
  }

  /** Everything that has come. */
  get bytes(): Uint8Array {
    return this.#held.subarray(0, this.#length)
  }

  #take(chunk: Uint8Array): void {
    const isTooMuch = this.#length + chunk.length > MAX_HELD
    if (!isTooMuch) {
      this.#held.set(chunk, this.#length)
      this.#length += chunk.length
    }
    const verdict = isTooMuch ? false : isAuth(this.bytes)
    if (verdict === undefined) return
    this.#tab.pause()
    this.#settle(verdict ? undefined : badRequest('an RLPx handshake (EIP-8) must come first'))
  }
}
