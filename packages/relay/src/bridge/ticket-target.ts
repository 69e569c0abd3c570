// What a ticket may name: one host and one port, in one spelling each, so that nobody reads it as something else.
import { formatIp, parseIp } from '@peerwire/core'

/** A label of a name in lower case; names of other scripts are written in their `xn--` form. */
const LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** What resolvers take for an IPv4 address though it is not written as one: `2130706433`, `0x7f.1`, `127.1`. */
const NUMBER_AT_THE_END = /(^|\.)(\d+|0x[\da-f]*)$/

const MAX_NAME = 253

export interface TicketTarget {
  /** A name, or an address; IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** The bytes of `host` where it is an address. */
  readonly ip: Uint8Array | undefined
}

/**
 * Reads `host:port` or `[ipv6]:port`. Zones, trailing dots, users, numbers in other forms than four decimals, capitals
 * and scripts other than Latin are refused, not corrected.
 *
 * @throws {TypeError} naming the text
 */
export function parseTicketTarget(text: string): TicketTarget {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]+)):([1-9]\d{0,4})$/.exec(text)
  const port = Number(match?.[3])
  if (!match || port > 65_535) throw new TypeError(`a target is host:port or [ipv6]:port, not ${JSON.stringify(text)}`)
  const [, ipv6, name = ''] = match
  const ip = ipv6 === undefined ? parseIp(name) : ipv6.includes(':') ? parseIp(ipv6) : undefined
  if (ip) return { host: formatIp(ip), port, ip }
  if (ipv6 !== undefined || !isName(name)) {
    throw new TypeError(`a target's host is a name in plain lower case or an address, not ${JSON.stringify(text)}`)
  }
  return { host: name, port, ip: undefined }
}

function isName(text: string): boolean {
  return text.length <= MAX_NAME && !NUMBER_AT_THE_END.test(text) && text.split('.').every((label) => LABEL.test(label))
}
