// What tickets may name: the ranges and ports that the operator listed, judged by the address that would be dialed.
import { equalBytes } from '@peerwire/core'
import {
  type AddressRange,
  carriedBy,
  DENIED_RANGES,
  formatRange,
  liesIn,
  parseRange,
  rangeOf,
} from './address-ranges.ts'

/** Ports below belong to services that no peer shares a machine with by right. */
const LEAST_PORT = 1_024

/** One `CIDR:PORTS`. */
export interface AllowRule {
  readonly range: AddressRange
  /** First and last, in pairs. */
  readonly ports: readonly (readonly [first: number, last: number])[]
}

/**
 * Reads `203.0.113.0/24:30303`, `[2001:db8::]/32:30303-30310` or `198.51.100.7:30303,30305`.
 *
 * @throws {TypeError} naming the text
 */
export function parseAllowRule(text: string): AllowRule {
  const match = /^([^/]+?(?:\/\d+)?):([\d,-]+)$/.exec(text)
  const range = match && isWhole(match[1]!) ? parseRange(match[1]!) : undefined
  if (!match || !range) {
    throw new TypeError(
      `a rule is RANGE:PORTS, such as 203.0.113.0/24:30303 or [2001:db8::]/32:30303-30310, with no bit set past the range, not ${text}`,
    )
  }
  return { range, ports: match[2]!.split(',').map((part) => parsePorts(part, text)) }
}

// Without brackets or a length, where an IPv6 address ends and its port begins is a guess.
function isWhole(range: string): boolean {
  return range.includes('.') || range.includes('/') || range.startsWith('[')
}

function parsePorts(part: string, text: string): readonly [first: number, last: number] {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part)
  const first = Number(match?.[1])
  const last = Number(match?.[2] ?? first)
  if (match && first >= LEAST_PORT && first <= last && last <= 65_535) return [first, last]
  throw new TypeError(`ports are from ${LEAST_PORT} to 65535, such as 30303 or 30303-30310: ${text}`)
}

/** The written form. */
export function formatAllowRule({ range, ports }: AllowRule): string {
  const text = ports.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',')
  return `${formatRange(range)}:${text}`
}

/** Whether any address at all may be dialed at this port. */
export function isPortAllowed(rules: readonly AllowRule[], port: number): boolean {
  return rules.some((rule) => hasPort(rule, port))
}

/**
 * Whether a ticket may lead to this address. A rule wider than a private or special range doesn't open it: 0.0.0.0/0
 * is the Internet, and 10.0.0.0/8 stays closed until a rule says 10.0.0.0/8 or a part of it. An address that carries
 * others, as NAT64's do, is judged by those, unless a rule says its range.
 *
 * @param own - of the relay's own machine; those outside the special ranges are opened by a rule of that address alone
 */
export function isAddressAllowed(
  rules: readonly AllowRule[],
  ip: Uint8Array,
  port: number,
  own: readonly Uint8Array[],
): boolean {
  const address = rangeOf(ip)
  const carried = carriedBy(ip)
  const special = [...DENIED_RANGES, ...(carried ? [carried.range] : [])].filter((range) => liesIn(address, range))
  const isOwn = special.length === 0 && own.some((other) => equalBytes(other, ip))
  const around = isOwn ? [address] : special
  const isListed = rules.some(
    (rule) => hasPort(rule, port) && liesIn(address, rule.range) && around.every((range) => liesIn(rule.range, range)),
  )
  if (isListed) return true
  return carried?.ips.every((inner) => isAddressAllowed(rules, inner, port, own)) ?? false
}

function hasPort({ ports }: AllowRule, port: number): boolean {
  return ports.some(([first, last]) => port >= first && port <= last)
}
