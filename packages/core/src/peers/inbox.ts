// Messages that wait for a handler: run one after another, counted in bytes.

interface Waiting {
  readonly bytes: number
  /** Handles the message; a promise holds back the next one. Doesn't throw. */
  readonly run: () => Promise<void> | undefined
}

/** Taken messages that stay in the array before it is shortened: shortening it for each would be quadratic. */
const FORGET_AFTER = 1024

export class Inbox {
  readonly #waiting: Waiting[] = []
  #head = 0
  #bytes = 0
  #busy = false
  #closed = false
  readonly #onRoom: () => void

  /** @param onRoom - told whenever a waiting message has been taken */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom
  }

  get bytes(): number {
    return this.#bytes
  }

  get length(): number {
    return this.#waiting.length - this.#head
  }

  /** Whether a message can be handled at once; then `settle` must follow. Otherwise `push` it. */
  begin(): boolean {
    if (this.#busy || this.#closed) return false
    return (this.#busy = true)
  }

  /** What handling it gave: a promise holds back the next message. */
  settle(running: Promise<void> | undefined): void {
    if (running) void running.then(() => this.#next())
    else this.#busy = false
  }

  /** Runs a message after those before it. */
  push(bytes: number, run: () => Promise<void> | undefined): void {
    if (this.#closed) return
    this.#waiting.push({ bytes, run })
    this.#bytes += bytes
  }

  close(): void {
    this.#closed = true
    this.#waiting.length = 0
    this.#head = 0
    this.#bytes = 0
  }

  // A loop, not a recursion: a long queue of handlers that don't wait must not deepen the stack.
  #next(): void {
    this.#busy = false
    while (!this.#busy && this.length > 0) {
      const { bytes, run } = this.#waiting[this.#head++]!
      if (this.#head > FORGET_AFTER || this.length === 0) {
        this.#waiting.splice(0, this.#head)
        this.#head = 0
      }
      this.#bytes -= bytes
      this.#busy = true
      this.settle(run())
      this.#onRoom()
    }
  }
}
