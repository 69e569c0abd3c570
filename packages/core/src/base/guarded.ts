// Calls what the user wrote: what it throws, now or later, is told and stays its own.

/** Calls `run`; `failed` is told what it throws, or what a promise that it returns rejects with. */
export function guarded(run: () => unknown, failed: (error: unknown) => void): void {
  try {
    const result = run()
    if (result instanceof Promise) result.catch(failed)
  } catch (error) {
    failed(error)
  }
}
