// A name that one living page holds: by a Web Lock, and by answering other pages that ask for it.
import { createDeferred, type Deferred } from '../base/abort.ts'
import { systemClock } from '../base/clock.ts'

/** Until a page that is going away, as at a reload, has let go; a page that lives answers long before. */
const PATIENCE_MS = 10_000
/** The same once a page has said that it holds the name: it may be going away just now. */
const ANSWERED_MS = 500
/** How long an answer is waited for where there are no locks: only the answer tells. */
const NO_LOCKS_MS = 1_000

/** Pages that came by plain http, but for localhost, have no locks: there only answers keep two apart. */
function lockManager(): LockManager | undefined {
  return navigator.locks as LockManager | undefined
}

export class TabClaim {
  readonly #name: string
  #channel: BroadcastChannel | undefined
  /** Resolved to give the lock back. */
  #over: Deferred<void> = createDeferred()

  constructor(name: string) {
    this.#name = name
  }

  /** Whether the name is ours, for the life of this page. Answers at once unless somebody has it. */
  async take(): Promise<boolean> {
    const isOurs = (await this.#lock({ ifAvailable: true })) || (await this.#ask())
    if (!isOurs) return false
    this.#answer()
    // A page that is kept for the way back lets go, or the browser would not keep it.
    addEventListener('pagehide', () => this.#letGo())
    addEventListener('pageshow', ({ persisted }) => {
      if (!persisted) return
      this.#answer()
      void this.#lock({})
    })
    return true
  }

  /** Whether the lock was given; it is held until `#over`. */
  #lock(options: LockOptions): Promise<boolean> {
    const locks = lockManager()
    const { promise, resolve } = createDeferred<boolean>()
    const { promise: over } = this.#over
    if (!locks) return Promise.resolve(false)
    const request = locks.request(this.#name, options, (granted) => {
      resolve(granted !== null)
      return granted ? over : undefined
    })
    request.catch(() => resolve(false))
    return promise
  }

  /** Asks who has the name, and waits until they let go, say that they live, or say nothing for long. */
  async #ask(): Promise<boolean> {
    const hasLocks = lockManager() !== undefined
    const channel = new BroadcastChannel(this.#name)
    const patience = new AbortController()
    const giveUp = (): void => patience.abort()
    let isHeld = false
    let timer = systemClock.setTimer(hasLocks ? PATIENCE_MS : NO_LOCKS_MS, giveUp)
    const ended = createDeferred<void>()
    patience.signal.addEventListener('abort', () => ended.resolve())
    channel.onmessage = ({ data }) => {
      if (data !== 'here' || isHeld) return
      isHeld = true
      timer.cancel()
      timer = systemClock.setTimer(ANSWERED_MS, giveUp)
    }
    channel.postMessage('who')
    const isLocked = hasLocks && (await this.#lock({ signal: patience.signal }))
    if (!hasLocks) await ended.promise
    timer.cancel()
    channel.close()
    return isLocked || (!hasLocks && !isHeld)
  }

  #answer(): void {
    const channel = new BroadcastChannel(this.#name)
    channel.onmessage = ({ data }) => {
      if (data === 'who') channel.postMessage('here')
    }
    this.#channel = channel
  }

  #letGo(): void {
    this.#channel?.close()
    this.#over.resolve()
    this.#over = createDeferred()
  }
}
