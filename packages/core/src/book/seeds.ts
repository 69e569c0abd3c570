// Whom a node begins with, as a program says it.
import type { Address } from '../wire/address.ts'
import { parseAddress } from '../wire/address.ts'

/** Where addresses come from beyond a written one: a list by DNS, a file by HTTPS, whatever a program has. */
export type SeedFunction = (
  signal: AbortSignal,
) => AsyncIterable<Address | string> | Promise<Iterable<Address | string>>

/** A node to begin with, as an address or in its written form, or a function that finds some. */
export type Seed = Address | string | SeedFunction

/** Reads written seeds. @throws {TypeError} naming the one that is no address */
export function readSeeds(seeds: readonly Seed[]): readonly (Address | SeedFunction)[] {
  return seeds.map((seed) => (typeof seed === 'string' ? parseAddress(seed) : seed))
}
