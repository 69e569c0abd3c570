// Works on what an iterable gives, some at a time, and gives results as they come.

/** At most `limit` calls of `work` run at once; nothing is read from `source` while they do, or while nobody asks. */
export async function* inParallel<T, R>(
  source: AsyncIterable<T>,
  limit: number,
  work: (value: T) => Promise<R>,
): AsyncGenerator<R, void> {
  const iterator = source[Symbol.asyncIterator]()
  const running = new Set<Promise<void>>()
  const results: R[] = []
  let failure: { readonly error: unknown } | undefined
  let reading: Promise<void> | undefined
  let isOver = false
  const begin = (value: T): void => {
    const call = work(value)
      .then(
        (result) => void results.push(result),
        (error: unknown) => void (failure ??= { error }),
      )
      .finally(() => running.delete(call))
    running.add(call)
  }
  const read = async (): Promise<void> => {
    const next: IteratorResult<T, unknown> = await iterator.next()
    reading = undefined
    if (next.done) isOver = true
    else begin(next.value)
  }
  try {
    for (;;) {
      if (failure) throw failure.error
      if (results.length > 0) {
        yield results.shift()!
        continue
      }
      if (isOver && running.size === 0) return
      if (!isOver && !reading && running.size < limit) reading = read()
      await Promise.race(reading ? [reading, ...running] : running)
    }
  } finally {
    reading?.catch(() => undefined)
    await iterator.return?.()
  }
}
