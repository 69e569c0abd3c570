// How many rounds a test runs: few by default, all of them in the long run.

/** `long` where `PEERWIRE_LONG` is set in the environment of the test runner, else `short`. */
export function countOf({ short, long }: { readonly short: number; readonly long: number }): number {
  const { process } = globalThis as {
    readonly process?: { readonly env?: Readonly<Record<string, string | undefined>> }
  }
  return process?.env?.['PEERWIRE_LONG'] ? long : short
}
