// Reads a command's flags by a table, which is also what its help is made from.
import { parseArgs } from 'node:util'
import { nearest } from './nearest.ts'
import { UsageError } from './usage-error.ts'

/** One flag of a command. */
export interface Flag {
  /** What stands for the value in the help, such as `PORT`; absent for a switch. */
  readonly value?: string
  /** What stands for a value that may be left out: `--flag` or `--flag=VALUE`. */
  readonly optional?: string
  /** May be given more than once. */
  readonly many?: boolean
  readonly help: string
}

export type FlagTable = Readonly<Record<string, Flag>>

/** What was given: a list for a flag that takes values (also for one that may be given once), `true` for a switch. */
export interface Given {
  /** The last value of a flag. */
  value(flag: string): string | undefined
  values(flag: string): readonly string[]
  has(flag: string): boolean
  /** What is no flag, in order. */
  readonly words: readonly string[]
}

/** Flags that every command has. */
export const COMMON_FLAGS: FlagTable = { help: { help: 'show this help' } }

/** @throws {UsageError} naming an unknown flag and the nearest known one, a missing value, or a flag given twice */
export function readFlags(args: readonly string[], own: FlagTable): Given {
  const table: FlagTable = { ...own, ...COMMON_FLAGS }
  const options = Object.fromEntries(
    Object.entries(table).map(([name, { value }]) => [
      name,
      { type: value ? ('string' as const) : ('boolean' as const) },
    ]),
  )
  const { tokens } = parseArgs({
    args: args.map((arg) => (arg === '-h' ? '--help' : arg)),
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const given = new Map<string, string[]>()
  const words: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value)
    if (token.kind !== 'option') continue
    const value = checkFlag(table, token.name, token.rawName, token.value)
    const before = given.get(token.name)
    if (before && table[token.name]?.value && !table[token.name]?.many) {
      throw new UsageError(`${token.rawName} was given twice`)
    }
    given.set(token.name, [...(before ?? []), ...(value === undefined ? [] : [value])])
  }
  return {
    value: (flag) => given.get(flag)?.at(-1),
    values: (flag) => given.get(flag) ?? [],
    has: (flag) => given.has(flag),
    words,
  }
}

function checkFlag(table: FlagTable, name: string, rawName: string, value: string | undefined): string | undefined {
  const flag = Object.hasOwn(table, name) ? table[name] : undefined
  if (!flag) {
    const near = nearest(name, Object.keys(table))
    throw new UsageError(`unknown flag ${rawName}${near ? `; did you mean --${near}?` : ''}`)
  }
  if (flag.optional && value !== '') return value
  if (!flag.value && !flag.optional) {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`)
    return undefined
  }
  // A forgotten value would swallow the next flag.
  if (value === undefined || value === '' || value.startsWith('--')) {
    throw new UsageError(`${rawName} needs a value: ${rawName} ${flag.value ?? flag.optional}`)
  }
  return value
}

/** A whole number within bounds. @throws {UsageError} */
export function wholeNumber(flag: string, text: string, least: number, most: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= least && value <= most)) {
    throw new UsageError(`--${flag} must be a whole number from ${least} to ${most}, not "${text}"`)
  }
  return value
}

/** Runs `read`, and names the flag in what it throws. @throws {UsageError} */
export function valueOf<T>(flag: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new UsageError(`--${flag}: ${error instanceof Error ? error.message : String(error)}`)
  }
}
