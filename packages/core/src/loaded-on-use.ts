// What programs may use of the parts that a node loads on use. Values of their own, not re-exports: through a re-export
// a bundler that splits by file takes the whole part into every first load.
import { fromBase32 as readBase32, toBase32 as writeBase32 } from './addresses/base32.ts'
import { groupOf as groupOfEndpoint } from './addresses/groups.ts'
import { formatIp as ipText, parseIp as parseIpText } from './addresses/ip.ts'
import { isPublicEndpoint as isPublic } from './addresses/public-endpoint.ts'
import { prefixPolicy as networkPrefixes, strictPrefixPolicy as allPrefixes } from './addresses/prefix.ts'
import type { PrefixPolicy } from './addresses/prefix.ts'
import { isLocalIp as isLocal, isRoutableIp as isRoutable } from './addresses/routability.ts'
import { consoleLogger as logToConsole } from './base/console-logger.ts'
import { guardFloods as guardLogger } from './base/flood-guard.ts'
import { formatLine as writeLine } from './base/line-format.ts'
import { createLineLogger as makeLineLogger } from './base/line-logger.ts'
import { dialPolicy as makeDialPolicy } from './dialing/policy.ts'
import { RefusalCode as closeCodes, refusalText as writeRefusal } from './wire/refusal-text.ts'

/**
 * The network group of an endpoint, of which a node dials few at once; `undefined` for loopback and LAN, which have
 * none.
 */
export const groupOf: typeof groupOfEndpoint = groupOfEndpoint

/** IPv4 by /24, also where IPv6 carries it; IPv6 by /64; names as they are; loopback and LAN exempt. */
export const prefixPolicy: PrefixPolicy = networkPrefixes

/**
 * The same, but loopback and LAN are not exempt: for tests of limits, and for listeners behind a proxy that doesn't
 * tell where its visitors come from.
 */
export const strictPrefixPolicy: PrefixPolicy = allPrefixes

/** Lower-case base32 (RFC 4648) without padding. */
export const toBase32: typeof writeBase32 = writeBase32

/** Reads lower-case base32 without padding; `undefined` for other letters or bits past the end. */
export const fromBase32: typeof readBase32 = readBase32

/** The 4 or 16 bytes of an IP address written as text; `undefined` for anything else, names included. */
export const parseIp: typeof parseIpText = parseIpText

/** The text of 4 or 16 bytes; IPv6 in the form of RFC 5952. */
export const formatIp: typeof ipText = ipText

/**
 * Whether an endpoint that a stranger named may be dialed: an address or name of the Internet, no query in its path.
 * Names are not looked up.
 */
export const isPublicEndpoint: typeof isPublic = isPublic

/** Whether 4 or 16 bytes are an address of loopback or LAN. */
export const isLocalIp: typeof isLocal = isLocal

/** Whether 4 or 16 bytes are an address that the Internet could know; tunnels count as what they carry. */
export const isRoutableIp: typeof isRoutable = isRoutable

/**
 * The policy of a preset with changes: whom to dial and how often.
 *
 * @throws {TypeError} naming the option that is wrong, or those that contradict each other
 */
export const dialPolicy: typeof makeDialPolicy = makeDialPolicy

/**
 * A logger that writes to the console, for `createNode({ logger: consoleLogger('debug') })`; least level by default
 * `info`. The stack of an error of the program's own code is printed below its line.
 */
export const consoleLogger: typeof logToConsole = logToConsole

/** A logger that writes `[LEVEL] [MM-DD|hh:mm:ss.mmm] message key=value …`, times in UTC. */
export const createLineLogger: typeof makeLineLogger = makeLineLogger

/** One line in the form that go-ethereum's users know. */
export const formatLine: typeof writeLine = writeLine

/**
 * A logger that writes at most 20 lines of one message a second; the next one after that says how many were left out,
 * as `suppressed`. A node guards its own lines.
 */
export const guardFloods: typeof guardLogger = guardLogger

/** Close codes of refusals; all others from 4400 to 4599 are read as refusals, too. */
export const RefusalCode: typeof closeCodes = closeCodes

/**
 * The text of a refusal, cut to what a close frame can carry.
 *
 * @param name - without a semicolon
 * @param retryS - whole seconds; 0: never; left out: as the remote likes
 */
export const refusalText: typeof writeRefusal = writeRefusal
