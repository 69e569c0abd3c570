// Ranges of addresses: how they are written, and which of them no ticket leads to unless the operator lists them.
import { formatIp, parseIp } from '@peerwire/core'

export interface AddressRange {
  /** 4 or 16 bytes; those past `bits` are zero. */
  readonly prefix: Uint8Array
  readonly bits: number
}

/** Reads `203.0.113.0/24`, `2001:db8::/32` or one address, IPv6 also in brackets; `undefined` for anything else. */
export function parseRange(text: string): AddressRange | undefined {
  const match = /^(\[[0-9a-f.:]+\]|[0-9a-f.:]+)(?:\/(\d{1,3}))?$/i.exec(text)
  const host = match?.[1]!.replace(/^\[|\]$/g, '')
  const prefix = host === undefined ? undefined : parseIp(host)
  if (!match || !prefix) return undefined
  const bits = match[2] === undefined ? prefix.length * 8 : Number(match[2])
  if (bits > prefix.length * 8 || !isZeroPast(prefix, bits)) return undefined
  return { prefix, bits }
}

/** The written form. */
export function formatRange({ prefix, bits }: AddressRange): string {
  return `${formatIp(prefix)}/${bits}`
}

/** Whether an address, or a whole range, lies in a range. */
export function liesIn({ prefix, bits }: AddressRange, range: AddressRange): boolean {
  if (prefix.length !== range.prefix.length || bits < range.bits) return false
  return range.prefix.every((byte, i) => ((byte ^ prefix[i]!) & maskAt(i, range.bits)) === 0)
}

/** One address as a range. */
export function rangeOf(ip: Uint8Array): AddressRange {
  return { prefix: ip, bits: ip.length * 8 }
}

function isZeroPast(prefix: Uint8Array, bits: number): boolean {
  return prefix.every((byte, i) => (byte & ~maskAt(i, bits) & 0xff) === 0)
}

/** The bits of byte `i` that count. */
function maskAt(i: number, bits: number): number {
  return 0xff & (0xff << Math.min(8, Math.max(0, 8 * (i + 1) - bits)))
}

/** This host, private and shared networks, link-local, special and documentation ranges, multicast, reserved ones. */
export const DENIED_RANGES: readonly AddressRange[] = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/128',
  '::1/128',
  '100::/64',
  '2001:db8::/32',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
].map((text) => parseRange(text)!)

/** Where IPv6 addresses carry IPv4 ones: at which byte as it is, and at which with its bits turned over. */
const CARRIERS = (
  [
    ['::/96', 12, []],
    ['::ffff:0:0:0/96', 12, []],
    ['64:ff9b::/96', 12, []],
    ['64:ff9b:1::/48', 12, []],
    ['2002::/16', 2, []],
    ['2001::/32', 4, [12]],
  ] as const
).map(([text, at, turned]) => ({ range: parseRange(text)!, at, turned }))

/** The IPv4 addresses within a tunnel's or a translator's address, and the range that makes it one. */
export function carriedBy(
  ip: Uint8Array,
): { readonly range: AddressRange; readonly ips: readonly Uint8Array[] } | undefined {
  const carrier = CARRIERS.find(({ range }) => liesIn(rangeOf(ip), range))
  if (!carrier) return undefined
  const { range, at, turned } = carrier
  const ips = [at, ...turned].map((start) => ip.slice(start, start + 4))
  return { range, ips: ips.map((bytes, i) => (i === 0 ? bytes : bytes.map((byte) => byte ^ 0xff))) }
}
