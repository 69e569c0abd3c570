// A typed emitter: listeners may be removed by a signal, and one listener's exception stays its own.
import { EventEmitter } from 'eventemitter3'

/** Event names to tuples of what listeners get. */
export type EventMap<Events> = { [Name in keyof Events]: readonly unknown[] }
export type Listener<Args extends readonly unknown[]> = (...args: Args) => void

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
  readonly #onListenerError: (error: unknown, event: string) => void

  /** @param onListenerError - told what a listener threw; the other listeners are still called */
  constructor(onListenerError: (error: unknown, event: string) => void) {
    this.#onListenerError = onListenerError
  }

  on<Name extends keyof Map & string>(name: Name, listener: Listener<Map[Name]>, options?: ListenOptions): () => void {
    const signal = options?.signal
    if (signal?.aborted) return () => undefined
    const call = (...args: readonly unknown[]): void => {
      try {
        listener(...(args as unknown as Map[Name]))
      } catch (error) {
        this.#onListenerError(error, name)
      }
    }
    const remove = (): void => {
      this.#inner.off(name, call)
      signal?.removeEventListener('abort', remove)
    }
    this.#inner.on(name, call)
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
        listener(...args)
      },
      options,
    )
    return remove
  }

  emit<Name extends keyof Map & string>(name: Name, ...args: Map[Name]): void {
    this.#inner.emit(name, ...args)
  }

  listenerCount(name: keyof Map & string): number {
    return this.#inner.listenerCount(name)
  }

  removeAll(): void {
    this.#inner.removeAllListeners()
  }
}
