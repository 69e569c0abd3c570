// What a command is to the program that runs it.
import type { Output } from './output.ts'
import type { FlagTable, Given } from './flags.ts'

export interface Surroundings {
  /** Aborts at the first SIGINT or SIGTERM, and when nobody reads what a command prints that is of no use without. */
  readonly signal: AbortSignal
  readonly output: Output
  /** A line on standard error. */
  readonly warn: (line: string) => void
  /** Calls back at each SIGHUP, which ends nothing. */
  readonly onHangUp: (listener: () => void) => void
}

export interface Command {
  /** The words after `peerwire`, such as `dev echo`. */
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  readonly help: string
  readonly flags: FlagTable
  /** Whether it goes on when nobody reads its standard output any more; by default it doesn't. */
  outlivesReader?(given: Given): boolean
  /** Runs to the end; the answer is the exit code. What it throws is printed as one sentence. */
  run(given: Given, surroundings: Surroundings): Promise<number>
}
