// Waits that end: for a promise, with what was waited for in the message.

/** Far past any limit that a test sets, so that only what never comes is given up. */
const PATIENCE_MS = 60_000

/** Settles as `promise` does. @throws {Error} naming `what` when that takes longer than `ms` */
export async function within<T>(what: string, promise: Promise<T>, ms: number = PATIENCE_MS): Promise<T> {
  // Made here, so that its stack names the test that waits.
  const late = new Error(`not within ${ms} ms: ${what}`)
  let timer: NodeJS.Timeout | undefined
  try {
    return await Promise.race([
      promise,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(late), ms)
      }),
    ])
  } finally {
    clearTimeout(timer)
  }
}

/** Values that come one by one, kept until somebody takes them. */
export class Arrivals<T> {
  readonly all: T[] = []
  readonly #waiting = new Set<() => void>()
  #over = false

  push(value: T): void {
    this.all.push(value)
    for (const look of [...this.#waiting]) look()
  }

  /** Nothing comes any more. */
  end(): void {
    this.#over = true
    for (const look of [...this.#waiting]) look()
  }

  /** The first that fits, past or to come; `undefined` when there is none and the end has come. */
  first(what: string, fits: (value: T) => boolean = () => true): Promise<T | undefined> {
    const found = new Promise<T | undefined>((resolve) => {
      const look = (): void => {
        const value = this.all.find(fits)
        if (value === undefined && !this.#over) return
        this.#waiting.delete(look)
        resolve(value)
      }
      this.#waiting.add(look)
      look()
    })
    return within(what, found)
  }

  /** Resolves when so many have come, or the end has. */
  count(what: string, least: number): Promise<readonly T[]> {
    const reached = new Promise<readonly T[]>((resolve) => {
      const look = (): void => {
        if (this.all.length < least && !this.#over) return
        this.#waiting.delete(look)
        resolve(this.all)
      }
      this.#waiting.add(look)
      look()
    })
    return within(what, reached)
  }
}

/** Lets the event loop turn until a state that no event tells of is there. */
export async function until(what: string, isThere: () => boolean): Promise<void> {
  const giveUpMs = performance.now() + PATIENCE_MS
  while (!isThere()) {
    if (performance.now() > giveUpMs) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}
