// What programs may use of the parts that a node loads on use. Values of their own, not re-exports: through a re-export
// a bundler that splits by file takes the whole part into every first load.
import { groupOf as groupOfEndpoint } from './addresses/groups.ts'
import { prefixPolicy as networkPrefixes } from './addresses/prefix.ts'
import type { PrefixPolicy } from './addresses/prefix.ts'
import { dialPolicy as makeDialPolicy } from './dialing/policy.ts'

/**
 * The network group of an endpoint, of which a node dials few at once; `undefined` for loopback and LAN, which have
 * none.
 */
export const groupOf: typeof groupOfEndpoint = groupOfEndpoint

/** IPv4 by /24, also where IPv6 carries it; IPv6 by /64; names as they are; loopback and LAN exempt. */
export const prefixPolicy: PrefixPolicy = networkPrefixes

/**
 * The policy of a preset with changes: whom to dial and how often.
 *
 * @throws {TypeError} when options contradict each other
 * @throws {RangeError} when a number is not a whole one from its least value up
 */
export const dialPolicy: typeof makeDialPolicy = makeDialPolicy
