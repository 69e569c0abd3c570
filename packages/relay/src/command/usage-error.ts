// What a user typed can't be used; the program ends with 2 and one sentence.

/** Wrong arguments. Its message is one sentence without a full stop, which names the argument. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
