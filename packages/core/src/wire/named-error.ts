// Where in a message something was wrong: names before the text of an error, the outermost first.

/** The same failure with `name` before its text, as a RangeError where it is one, else as a TypeError. */
export function named(name: string, error: unknown): Error {
  const { message, cause = error } = error as Error
  const Kind = error instanceof RangeError ? RangeError : TypeError
  return new Kind(`${name}: ${message}`, { cause })
}
