// A typed emitter: listeners may be removed by a signal, and what one throws, now or later, stays its own.
import { EventEmitter } from 'eventemitter3'
import { guarded } from './guarded.ts'

/** Event names to tuples of what listeners get. */
export type EventMap<Events> = { [Name in keyof Events]: readonly unknown[] }
/** A promise that it returns is not waited for; what it rejects with is told like what is thrown. */
export type Listener<Args extends readonly unknown[]> = (...args: Args) => unknown

export interface ListenOptions {
  /** Removes the listener when it aborts. */
  readonly signal?: AbortSignal | undefined
}

/** The half of an emitter that users see. */
export interface Events<Map extends EventMap<Map>> {
  /** Adds a listener; the answer removes it again. */
  on<Name extends keyof Map & string>(name: Name, listener: Listener<Map[Name]>, options?: ListenOptions): () => void
  once<Name extends keyof Map & string>(name: Name, listener: Listener<Map[Name]>, options?: ListenOptions): () => void
}

export class Emitter<Map extends EventMap<Map>> implements Events<Map> {
  readonly #inner = new EventEmitter()
  /** What takes away listeners that have a signal. */
  readonly #signalled = new Set<() => void>()
  readonly #onListenerError: (error: unknown, event: string) => void

  /** @param onListenerError - told what a listener threw or rejected with; the other listeners are still called */
  constructor(onListenerError: (error: unknown, event: string) => void) {
    this.#onListenerError = onListenerError
  }

  on<Name extends keyof Map & string>(name: Name, listener: Listener<Map[Name]>, options?: ListenOptions): () => void {
    const signal = options?.signal
    if (signal?.aborted) return () => undefined
    // A function of its own: who listens twice is told twice, and what one throws reaches no other.
    const call = (...args: Map[Name]): void =>
      guarded(
        () => listener(...args),
        (error) => this.#onListenerError(error, name),
      )
    const remove = (): void => {
      this.#inner.off(name, call)
      signal?.removeEventListener('abort', remove)
      this.#signalled.delete(remove)
    }
    this.#inner.on(name, call)
    if (signal) {
      signal.addEventListener('abort', remove, { once: true })
      this.#signalled.add(remove)
    }
    return remove
  }

  once<Name extends keyof Map & string>(
    name: Name,
    listener: Listener<Map[Name]>,
    options?: ListenOptions,
  ): () => void {
    let isTold = false
    const remove = this.on(
      name,
      (...args) => {
        // Whoever tells the event again meanwhile has told it already, and those told now don't change.
        if (isTold) return undefined
        isTold = true
        remove()
        return listener(...args)
      },
      options,
    )
    return remove
  }

  /** Tells those that listen now, in the order in which they came; whoever comes meanwhile hears the next one. */
  emit<Name extends keyof Map & string>(name: Name, ...args: Map[Name]): void {
    this.#inner.emit(name, ...args)
  }

  listenerCount(name: keyof Map & string): number {
    return this.#inner.listenerCount(name)
  }

  removeAll(): void {
    this.#inner.removeAllListeners()
    for (const remove of this.#signalled) remove()
  }
}
