// A rejection that nobody needs to wait for, and that is not lost when nobody does.

class Rejection extends Promise<never> {
  /** Whether anybody waits for it. Known through `then`, which `await` calls where a promise is no plain one. */
  isHeard = false

  static override get [Symbol.species](): PromiseConstructor {
    return Promise
  }

  // It is a promise already; nothing else tells whether somebody waits for one.
  // eslint-disable-next-line unicorn/no-thenable
  override then<A = never, B = never>(
    onFulfilled?: ((value: never) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    this.isHeard = true
    return super.then(onFulfilled, onRejected)
  }
}

/**
 * Rejects with `error`; it never becomes an unhandled rejection, which would end a Node program for what a stranger may
 * have caused.
 *
 * @param later - calls back when whoever wants to wait has begun to
 * @param unheard - called then, if nobody waits
 */
export function rejection(error: unknown, later: (run: () => void) => void, unheard: () => void): Promise<never> {
  const rejected = new Rejection((_, reject) => reject(error))
  void Promise.prototype.then.call(rejected, undefined, () => undefined)
  later(() => {
    if (!rejected.isHeard) unheard()
  })
  return rejected
}
