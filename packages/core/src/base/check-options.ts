// What a program passes as options, checked once and by one rule: `undefined` is the default, what can't work throws.
import { isBytes, shorten } from './bytes.ts'

/**
 * What an option may be: `number` one from 0 on; `count` a whole one; `bound` one or `Infinity`, where 0 turns
 * something off; `limit` the same from 1 on; `call` a function; `list` an array; `thing` an object; `other` what its
 * reader checks.
 */
export type OptionKind =
  | 'number'
  | 'count'
  | 'bound'
  | 'limit'
  | 'text'
  | 'flag'
  | 'call'
  | 'list'
  | 'thing'
  | 'bytes'
  | 'other'

const KINDS: Readonly<Record<OptionKind, readonly [words: string, test: (value: unknown) => boolean]>> = {
  number: ['a number from 0', (value) => Number.isFinite(value) && (value as number) >= 0],
  count: ['a whole number', (value) => Number.isSafeInteger(value) && (value as number) >= 0],
  bound: ['a whole number or Infinity', (value) => isBound(value) || value === 0],
  limit: ['a whole number from 1 or Infinity', isBound],
  text: ['a string', (value) => typeof value === 'string'],
  flag: ['true or false', (value) => typeof value === 'boolean'],
  call: ['a function', (value) => typeof value === 'function'],
  list: ['an array', Array.isArray],
  thing: ['an object', isThing],
  bytes: ['a Uint8Array', isBytes],
  other: ['', () => true],
}

function isBound(value: unknown): boolean {
  return value === Infinity || (Number.isSafeInteger(value) && (value as number) > 0)
}

function isThing(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

/**
 * Gives the options back when each has a name of `kinds` and is what that says. What is `undefined` is not given.
 *
 * @param who - the function that they are passed to
 * @param path - goes before each name, such as `limits.`
 * @throws {TypeError} naming the option that is wrong
 */
export function checkOptions<T extends object>(
  who: string,
  options: T,
  kinds: Readonly<Record<keyof T, OptionKind>>,
  path = '',
): T {
  if (!isThing(options)) throw new TypeError(`${who} takes ${path || 'options'} as an object, not ${shown(options)}`)
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    const kind = Object.hasOwn(kinds, name) && kinds[name as keyof T]
    if (!kind) {
      const names = Object.keys(kinds).join(', ')
      throw new TypeError(`${who} has no option ${path}${shorten(name)}; there ${names ? `are ${names}` : 'is none'}`)
    }
    const [words, test] = KINDS[kind]
    if (!test(value)) {
      throw new TypeError(`${path}${name} of ${who} must be ${words}, not ${shown(value)}`)
    }
  }
  return options
}

/**
 * Bounds with those that are given in place of their defaults.
 *
 * @param zeros - names of those that may be 0
 * @throws {TypeError} naming the one that is no bound, or none of these
 */
export function readLimits<T extends object>(
  who: string,
  defaults: T,
  given: Partial<T> | undefined,
  zeros: readonly (keyof T)[] = [],
): T {
  const limits = { ...defaults }
  if (given === undefined) return limits
  const kinds = {} as Record<keyof T, OptionKind>
  for (const name of Object.keys(defaults) as (keyof T)[]) kinds[name] = zeros.includes(name) ? 'bound' : 'limit'
  checkOptions(who, given as T, kinds, 'limits.')
  for (const [name, value] of Object.entries(given))
    if (value !== undefined) limits[name as keyof T] = value as T[keyof T]
  return limits
}

/** A value as it stands in a message. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value))
  return Array.isArray(value)
    ? 'an array'
    : isThing(value)
      ? 'an object'
      : typeof value === 'function'
        ? 'a function'
        : String(value)
}
