// How a program says what its items are.
import { checkOptions } from '../base/check-options.ts'
import type { AnyKind, CheckContext, ItemVerdict, Kind } from '../inventory/kind.ts'
import type { Capability } from '../wire/peer.ts'
import { connectKinds } from './inv.ts'
import { KINDS_END, MAX_NAME_BYTES } from './inv-messages.ts'

/** Most that `maxBytes` may be: a message of four seconds at a megabyte a second, well below what a frame can carry. */
export const MAX_ITEM_BYTES: number = 4 * 1024 * 1024

/** What is needed of every kind. */
export interface KindOptions {
  /**
   * 1 to 32 characters: a-z, 0-9 and `-`, beginning with a letter. Both ends have to know a kind by name and number.
   */
  readonly name: string
  /** 0 to 65,535; 0 to 15 belong to peerwire's own packages. */
  readonly number: number
  /** Most bytes of an item, up to 4 MiB. */
  readonly maxBytes: number
  /** 32 bytes that follow from the content, such as its keccak-256. What it throws counts as an invalid item. */
  id(bytes: Uint8Array): Uint8Array
  /** Told of at once, and not at times of chance: for what everybody waits for, and nobody hides. Default `false`. */
  readonly urgent?: boolean | undefined
  /**
   * How long an item is passed on and served, in milliseconds from when it was published; then it is gone everywhere.
   * Alike at all ends. Default: `storeMs` of the inventory's limits, 15 minutes.
   */
  readonly lifeMs?: number | undefined
  /**
   * How many of its newest items a peer that comes is told of. Default: `toldToNewcomer` of the inventory's limits,
   * 1,000.
   */
  readonly history?: number | undefined
  /** Peers that share this protocol get the kind over it, and never over `inv/1`. */
  readonly over?: Capability | undefined
}

/** What is needed of a kind whose items name others that come before them. */
export interface ChainOptions<T> {
  /** The id of the item that has to be accepted first. Its child waits for it, and only then is checked. */
  parent?(value: T): Uint8Array | undefined
  /** Most missing parents in a row that are asked for, one after the other. Default 64. */
  readonly walkBack?: number | undefined
  /**
   * Whether an item may be the first of its chain here, when nobody has its parent, or that is further than `walkBack`
   * behind what came first. Such an item is checked without its parent. Default: every item may.
   */
  first?(value: T): boolean
}

/** What is done with the bytes themselves. */
export interface RawKindOptions extends KindOptions, ChainOptions<Uint8Array> {
  readonly read?: undefined
  /** Default: every item is accepted. */
  check?(bytes: Uint8Array, context: CheckContext<Uint8Array>): ItemVerdict | Promise<ItemVerdict>
}

/** What is done with the values that the bytes mean. */
export interface ReadKindOptions<T> extends KindOptions, ChainOptions<T> {
  /** Reads an item once; what it throws counts as an invalid item. */
  read(bytes: Uint8Array): T
  /** Default: every item that can be read is accepted. */
  check?(value: T, context: CheckContext<T>): ItemVerdict | Promise<ItemVerdict>
}

const OPTIONS = {
  name: 'text',
  number: 'count',
  maxBytes: 'count',
  id: 'call',
  urgent: 'flag',
  lifeMs: 'limit',
  history: 'count',
  over: 'thing',
  read: 'call',
  check: 'call',
  parent: 'call',
  walkBack: 'count',
  first: 'call',
} as const

/** As many blocks as two finalized epochs have; a conversation's lines of an hour. */
const WALK_BACK = 64

/**
 * A kind of items for `inventory({ kinds })`.
 *
 * @throws {TypeError} naming the option that is wrong
 * @throws {RangeError} for a number or a size past its bounds
 */
export function kind(options: RawKindOptions): Kind
export function kind<T>(options: ReadKindOptions<T>): Kind<T>
export function kind<T>(options: RawKindOptions | ReadKindOptions<T>): AnyKind {
  const given = options as ReadKindOptions<unknown>
  const checked = checkOptions('kind', given, OPTIONS)
  const { name, number, maxBytes, id, urgent = false, lifeMs, history, over, walkBack = WALK_BACK } = checked
  if (!/^[a-z][a-z0-9-]*$/.test(name) || name.length > MAX_NAME_BYTES) {
    throw new TypeError(`the name of a kind is 1 to ${MAX_NAME_BYTES} of a-z, 0-9 and -, not "${name}"`)
  }
  whole(`number of ${name}`, number, 0, KINDS_END - 1)
  whole(`maxBytes of ${name}`, maxBytes, 1, MAX_ITEM_BYTES)
  if (!id) throw new TypeError(`kind needs an id of ${name}: a function that gives 32 bytes`)
  return {
    name,
    number,
    maxBytes,
    urgent,
    lifeMs,
    history,
    over,
    id: (bytes) => given.id(bytes),
    read: (bytes) => (given.read ? given.read(bytes) : bytes),
    check: (value, context) => given.check?.(value, context) ?? 'accept',
    parent: (value) => given.parent?.(value),
    walkBack,
    first: (value) => given.first?.(value) ?? true,
    connect: connectKinds,
  }
}

function whole(what: string, value: number, least: number, most: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return
  throw new RangeError(`${what} must be a whole number from ${least} to ${most}, not ${value}`)
}
