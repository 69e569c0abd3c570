// The end of something that many wait on, each by a signal of its own: platforms warn of many listeners on one.

/** A signal for one that waits. */
export interface Waiting {
  readonly signal: AbortSignal
  /** To be called when nobody waits by it any more. */
  release(): void
}

export class Ending {
  readonly #waiting = new Set<AbortController>()
  #over: { readonly reason: unknown } | undefined

  get isOver(): boolean {
    return this.#over !== undefined
  }

  /** Aborts every signal that was not released. */
  end(reason: unknown): void {
    this.#over ??= { reason }
    for (const controller of [...this.#waiting]) controller.abort(reason)
    this.#waiting.clear()
  }

  throwIfOver(): void {
    if (this.#over) throw this.#over.reason
  }

  /** A signal that aborts at the end, or with another. The platform's own `any` may be collected before, on Node 20. */
  signal(other?: AbortSignal): Waiting {
    const controller = new AbortController()
    const release = (): void => {
      this.#waiting.delete(controller)
      other?.removeEventListener('abort', onOther)
    }
    const onOther = (): void => {
      release()
      controller.abort(other?.reason)
    }
    this.#waiting.add(controller)
    other?.addEventListener('abort', onOther, { once: true })
    if (this.#over) {
      release()
      controller.abort(this.#over.reason)
    } else if (other?.aborted) onOther()
    return { signal: controller.signal, release }
  }
}
