// What a command is to the program that runs it.
import type { Output } from './output.ts'
import type { FlagTable, Given } from './flags.ts'

export interface Surroundings {
  /** Aborts at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal
  readonly output: Output
}

export interface Command {
  /** The words after `peerwire`, such as `dev echo`. */
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  readonly help: string
  readonly flags: FlagTable
  /** Runs to the end; the answer is the exit code. What it throws is printed as one sentence. */
  run(given: Given, surroundings: Surroundings): Promise<number>
}
