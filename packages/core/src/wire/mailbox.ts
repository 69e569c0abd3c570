// Messages of one kind that wait for whoever iterates over them; while they wait they count against their peer's queue.
// Only `later` knows this class: a program that doesn't use it doesn't load it.
import { createDeferred } from '../base/abort.ts'
import type { Deferred } from '../base/abort.ts'
import type { Later } from './protocol.ts'

export class Mailbox<T> {
  readonly #waiting: { readonly value: T; readonly bytes: number }[] = []
  readonly #onRoom: () => void
  #bytes = 0
  #next: Deferred<IteratorResult<T>> | undefined
  #ended = false

  /** @param onRoom - told whenever a message has been taken */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom
  }

  get bytes(): number {
    return this.#bytes
  }

  get length(): number {
    return this.#waiting.length
  }

  push(value: T, bytes: number): void {
    if (this.#ended) return
    if (this.#next) {
      const { resolve } = this.#next
      this.#next = undefined
      resolve({ value, done: false })
    } else {
      this.#waiting.push({ value, bytes })
      this.#bytes += bytes
    }
  }

  /** No more messages come; those that wait can still be taken. */
  end(): void {
    this.#ended = true
    this.#next?.resolve({ value: undefined, done: true })
    this.#next = undefined
  }

  #take(): Promise<IteratorResult<T>> {
    const first = this.#waiting.shift()
    if (first) {
      this.#bytes -= first.bytes
      this.#onRoom()
      return Promise.resolve({ value: first.value, done: false })
    }
    if (this.#ended) return Promise.resolve({ value: undefined, done: true })
    if (this.#next) return Promise.reject(new TypeError('two readers wait for the same messages'))
    this.#next = createDeferred()
    return this.#next.promise
  }

  /** One reading: who stops early leaves what waits, and what comes, to the next one. */
  read(): AsyncIterableIterator<T> {
    let waiting: Deferred<IteratorResult<T>> | undefined
    let isOver = false
    const over = { value: undefined, done: true } as const
    const reading: AsyncIterableIterator<T> = {
      next: () => {
        if (isOver) return Promise.resolve(over)
        const before = this.#next
        const taken = this.#take()
        if (this.#next !== before) waiting = this.#next
        return taken
      },
      return: () => {
        isOver = true
        if (waiting && waiting === this.#next) {
          this.#next = undefined
          waiting.resolve(over)
        }
        return Promise.resolve(over)
      },
      [Symbol.asyncIterator]: () => reading,
    }
    return reading
  }
}

/** Those of one peer: one for each kind of message. */
export class Mailboxes {
  readonly #all = new Map<string, Mailbox<unknown>>()
  readonly #onRoom: () => void
  #ended = false

  /** @param onRoom - told whenever a message has been taken */
  constructor(onRoom: () => void) {
    this.#onRoom = onRoom
  }

  get bytes(): number {
    let bytes = 0
    for (const mailbox of this.#all.values()) bytes += mailbox.bytes
    return bytes
  }

  get length(): number {
    let length = 0
    for (const mailbox of this.#all.values()) length += mailbox.length
    return length
  }

  /** @param key - names the kind */
  of(key: string): Mailbox<unknown> {
    const existing = this.#all.get(key)
    if (existing) return existing
    const mailbox = new Mailbox<unknown>(this.#onRoom)
    if (this.#ended) mailbox.end()
    this.#all.set(key, mailbox)
    return mailbox
  }

  /** No more messages come; those that wait can still be taken. */
  end(): void {
    this.#ended = true
    for (const mailbox of this.#all.values()) mailbox.end()
  }
}

/**
 * Given as a handler: messages wait, and hold back their peer when they are many, until `peer.messages` is iterated.
 */
export const later: Later = /* @__PURE__ */ Object.assign(() => undefined, {
  createMailboxes: (onRoom: () => void) => new Mailboxes(onRoom),
})
