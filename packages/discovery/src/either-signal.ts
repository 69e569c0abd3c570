// A signal that aborts with either of two. The platform's own may be collected before it does on Node 20.

export interface EitherSignal {
  readonly signal: AbortSignal
  /** Removes its listeners. */
  release(): void
}

export function eitherSignal(one: AbortSignal, other: AbortSignal | undefined): EitherSignal {
  if (!other) return { signal: one, release: () => undefined }
  const controller = new AbortController()
  const release = (): void => {
    one.removeEventListener('abort', onOne)
    other.removeEventListener('abort', onOther)
  }
  const abort = (reason: unknown): void => {
    release()
    controller.abort(reason)
  }
  const onOne = (): void => abort(one.reason)
  const onOther = (): void => abort(other.reason)
  one.addEventListener('abort', onOne, { once: true })
  other.addEventListener('abort', onOther, { once: true })
  if (one.aborted) onOne()
  else if (other.aborted) onOther()
  return { signal: controller.signal, release }
}
