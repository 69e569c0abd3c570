// A typed emitter: listeners may be removed by a signal, and what one throws, now or later, stays its own.

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
  readonly #listeners: { [Name in keyof Map]?: Set<Listener<Map[Name]>> } = {}
  readonly #onListenerError: (error: unknown, event: string) => void

  /** @param onListenerError - told what a listener threw or rejected with; the other listeners are still called */
  constructor(onListenerError: (error: unknown, event: string) => void) {
    this.#onListenerError = onListenerError
  }

  on<Name extends keyof Map & string>(name: Name, listener: Listener<Map[Name]>, options?: ListenOptions): () => void {
    const signal = options?.signal
    if (signal?.aborted) return () => undefined
    const listeners = (this.#listeners[name] ??= new Set())
    // A function of its own: who listens twice is told twice.
    const call: Listener<Map[Name]> = (...args) => listener(...args)
    const remove = (): void => {
      listeners.delete(call)
      signal?.removeEventListener('abort', remove)
    }
    listeners.add(call)
    signal?.addEventListener('abort', remove, { once: true })
    return remove
  }

  once<Name extends keyof Map & string>(
    name: Name,
    listener: Listener<Map[Name]>,
    options?: ListenOptions,
  ): () => void {
    const remove = this.on(
      name,
      (...args) => {
        remove()
        return listener(...args)
      },
      options,
    )
    return remove
  }

  /** Tells those that listen now, in the order in which they came; whoever comes meanwhile hears the next one. */
  emit<Name extends keyof Map & string>(name: Name, ...args: Map[Name]): void {
    for (const call of [...(this.#listeners[name] ?? [])]) {
      guarded(
        () => call(...args),
        (error) => this.#onListenerError(error, name),
      )
    }
  }

  listenerCount(name: keyof Map & string): number {
    return this.#listeners[name]?.size ?? 0
  }

  removeAll(): void {
    for (const name in this.#listeners) this.#listeners[name]?.clear()
  }
}
