// Which addresses can be reached from the Internet, and which are this machine or its own network.
import { hasPrefix, parseIp } from './ip.ts'

/** A range: its first bytes (the rest is zero) and how many bits count. */
type Range = readonly [prefix: readonly number[], bits: number]

/** Loopback, private networks (RFC 1918), link-local (RFC 3927). */
const LOCAL_IPV4: readonly Range[] = [
  [[127], 8],
  [[10], 8],
  [[172, 16], 12],
  [[192, 168], 16],
  [[169, 254], 16],
]

/** This host, shared carrier space (RFC 6598), documentation (RFC 5737), benchmarks (RFC 2544), broadcast. */
const UNROUTABLE_IPV4: readonly Range[] = [
  [[0], 8],
  [[100, 64], 10],
  [[192, 0, 2], 24],
  [[198, 51, 100], 24],
  [[203, 0, 113], 24],
  [[198, 18], 15],
  [[255, 255, 255, 255], 32],
]

/** First bytes of all ranges below multicast. */
const SPECIAL_FIRST: readonly number[] = [0, 10, 100, 127, 169, 172, 192, 198, 203]

/** Multicast and the reserved rest: Bitcoin's golden figures use 250.x as if it were routable. */
const RESERVED_IPV4: readonly Range[] = [
  [[224], 4],
  [[240], 4],
]

/** Loopback, link-local (RFC 4291), unique local (RFC 4193). */
const LOCAL_IPV6: readonly Range[] = [
  [[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 128],
  [[0xfe, 0x80], 10],
  [[0xfc], 7],
]

/**
 * Documentation (RFC 3849), ORCHID (RFC 4843, RFC 7343); `::/16`, of which only IPv4-translated `::ffff:0:0:0/96` is
 * in use.
 */
const UNROUTABLE_IPV6: readonly Range[] = [
  [[0x20, 0x01, 0x0d, 0xb8], 32],
  [[0x20, 0x01, 0x00, 0x10], 28],
  [[0x20, 0x01, 0x00, 0x20], 28],
]
const RESERVED_IPV6: readonly Range[] = [[[0xff], 8]]

const TRANSLATED: Range = [[0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 96]
const NAT64: Range = [[0, 0x64, 0xff, 0x9b], 96]
const SIX_TO_FOUR: Range = [[0x20, 0x02], 16]
const TEREDO: Range = [[0x20, 0x01, 0, 0], 32]

/** Names that only mean something inside one network: a single label, or one of these endings. */
const LOCAL_NAME = /^[^.]+$|\.(localhost|local|lan|internal|home\.arpa)$/

/** What resolvers take for an IPv4 address though it is not written as one: `2130706433`, `0x8.8`, `127.1`. */
const ODD_NUMBER = /(^|\.)(\d+|0x[\da-f]*)$/

export interface RoutabilityOptions {
  /** Whether multicast and reserved ranges count as routable; default false. */
  readonly reserved?: boolean | undefined
}

/** Whether a host, given as text, is this machine or in its own network. Names are not looked up. */
export function isLocalHost(host: string): boolean {
  const ip = parseIp(host)
  return ip ? isLocalIp(ip) : LOCAL_NAME.test(plainName(host)) && !isOddNumber(host)
}

/** Whether a host is no address to us, but might be one to a resolver: nothing can be said of where it leads. */
export function isOddNumber(host: string): boolean {
  return ODD_NUMBER.test(plainName(host)) && parseIp(host) === undefined
}

/** Whether 4 or 16 bytes are an address of loopback or LAN. */
export function isLocalIp(ip: Uint8Array): boolean {
  return inAny(ip, ip.length === 4 ? LOCAL_IPV4 : LOCAL_IPV6)
}

/** Whether 4 or 16 bytes are an address that the Internet could know; tunnels count as what they carry. */
export function isRoutableIp(ip: Uint8Array, { reserved = false }: RoutabilityOptions = {}): boolean {
  // Most addresses are in no range at all, and their first byte says so.
  if (ip.length === 4 && ip[0]! < 224 && !SPECIAL_FIRST.includes(ip[0]!)) return true
  if (isLocalIp(ip)) return false
  if (ip.length === 4)
    return (
      !inAny(ip, UNROUTABLE_IPV4) && (reserved ? !inAny(ip, [[[255, 255, 255, 255], 32]]) : !inAny(ip, RESERVED_IPV4))
    )
  const carried = linkedIpv4(ip)
  if (carried) return isRoutableIp(carried, { reserved })
  if (hasPrefix(ip, [0, 0], 16)) return false
  return !inAny(ip, UNROUTABLE_IPV6) && (reserved || !inAny(ip, RESERVED_IPV6))
}

/**
 * The IPv4 address behind an address: itself, or what NAT64, IPv4-translated, 6to4 or Teredo carries; a view where it
 * can be.
 */
export function linkedIpv4(ip: Uint8Array): Uint8Array | undefined {
  if (ip.length === 4) return ip
  if (inAny(ip, [NAT64, TRANSLATED])) return ip.subarray(12)
  if (inAny(ip, [SIX_TO_FOUR])) return ip.subarray(2, 6)
  if (inAny(ip, [TEREDO])) return ip.slice(12).map((byte) => byte ^ 0xff)
  return undefined
}

/** A host name in the form that is compared: lower case, without the root's dot. */
export function plainName(host: string): string {
  return host.toLowerCase().replace(/\.$/, '')
}

function inAny(ip: Uint8Array, ranges: readonly Range[]): boolean {
  return ranges.some(([prefix, bits]) => hasPrefix(ip, prefix, bits))
}
