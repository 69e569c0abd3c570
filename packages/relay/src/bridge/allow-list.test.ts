// Where tickets may lead: what the operator listed, and no private or special range that wider rules happen to cover.
import { formatIp, parseIp } from '@peerwire/core'
import { describe, expect, it } from 'vitest'
import { DENIED_RANGES, formatRange, rangeOf } from './address-ranges.ts'
import { type AllowRule, formatAllowRule, isAddressAllowed, isPortAllowed, parseAllowRule } from './allow-list.ts'

const EVERYWHERE = ['0.0.0.0/0:30303', '::/0:30303'].map(parseAllowRule)
const IPV4_DENIED = DENIED_RANGES.filter(({ prefix }) => prefix.length === 4)

/** Bytes of an address, which a test has written rightly; mapped forms stay 16 bytes. */
function bytesOf(text: string): Uint8Array {
  return parseIp(text)!
}

function allowed(rules: readonly string[], address: string, port = 30_303, own: readonly string[] = []): boolean {
  return isAddressAllowed(rules.map(parseAllowRule), bytesOf(address), port, own.map(bytesOf))
}

/** The first and the last address of a range. */
function endsOf({ prefix, bits }: (typeof DENIED_RANGES)[number]): readonly Uint8Array[] {
  const last = prefix.map((byte, i) => byte | (0xff >> Math.min(8, Math.max(0, bits - 8 * i))))
  return [prefix, last]
}

/** IPv6 addresses that carry an IPv4 one. */
const CARRIERS: readonly (readonly [name: string, carry: (ip: Uint8Array) => number[]])[] = [
  ['v4-compatible', (ip) => [...Array.from({ length: 12 }, () => 0), ...ip]],
  ['v4-translated', (ip) => [0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, ...ip]],
  ['NAT64', (ip) => [0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, ...ip]],
  ['local NAT64', (ip) => [0, 0x64, 0xff, 0x9b, 0, 1, 0, 0, 0, 0, 0, 0, ...ip]],
  ['6to4', (ip) => [0x20, 0x02, ...ip, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]],
  ['Teredo, as its client', (ip) => [0x20, 0x01, 0, 0, 9, 9, 9, 9, 0, 0, 0, 0, ...ip.map((byte) => byte ^ 0xff)]],
  ['Teredo, as its server', (ip) => [0x20, 0x01, 0, 0, ...ip, 0, 0, 0, 0, 246, 246, 246, 246]],
]

/** Those that are open. */
function openOf(rules: readonly AllowRule[], ips: readonly Uint8Array[]): string[] {
  return ips.filter((ip) => isAddressAllowed(rules, ip, 30_303, [])).map(formatIp)
}

describe('the ranges that no wide rule opens', () => {
  it.each(DENIED_RANGES.map((range) => [formatRange(range), range] as const))('%s', (_, range) => {
    const ends = endsOf(range)
    expect(openOf(EVERYWHERE, ends)).toEqual([])
    expect(openOf([parseAllowRule(`${formatRange(range)}:30303`)], ends)).toEqual(ends.map(formatIp))
    for (const ip of ends) expect(openOf([{ range: rangeOf(ip), ports: [[30_303, 30_303]] }], [ip])).toHaveLength(1)
  })

  it.each(CARRIERS)('nor in an address that carries one: %s', (_, carry) => {
    const carriers = (ips: readonly Uint8Array[]): Uint8Array[] => ips.map((ip) => Uint8Array.from(carry(ip)))
    expect(openOf(EVERYWHERE, carriers(IPV4_DENIED.flatMap(endsOf)))).toEqual([])
    const far = carriers(['9.9.9.9', '203.0.114.1'].map(bytesOf))
    expect(openOf(EVERYWHERE, far)).toEqual(far.map(formatIp))
  })

  it('nor mapped ones, which are what they map', () => {
    for (const text of ['::ffff:127.0.0.1', '::ffff:a00:1', '::FFFF:169.254.169.254']) {
      expect(allowed(['0.0.0.0/0:30303', '::/0:30303'], text)).toBe(false)
    }
    expect(allowed(['0.0.0.0/0:30303'], '::ffff:9.9.9.9')).toBe(true)
  })

  it('borders on what is open', () => {
    const ipv4 = ['9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '172.15.0.0', '172.32.0.0']
    const ipv6 = ['2001:db7::1', '2001:db9::1', 'fbff::1', '2606:4700::1111']
    expect(openOf(EVERYWHERE, [...ipv4, ...ipv6].map(bytesOf))).toEqual([...ipv4, ...ipv6])
  })
})

describe('the rules for tickets', () => {
  it('open nothing where there are none', () => {
    expect(allowed([], '9.9.9.9')).toBe(false)
    expect(allowed([], '2606:4700::1111')).toBe(false)
    expect(isPortAllowed([], 30_303)).toBe(false)
  })

  it('hold for their ports and their family alone', () => {
    const rules = ['9.9.0.0/16:30303-30305,40000']
    expect([30_302, 30_303, 30_305, 30_306, 40_000].map((port) => allowed(rules, '9.9.9.9', port))).toEqual([
      false,
      true,
      true,
      false,
      true,
    ])
    expect(isPortAllowed(rules.map(parseAllowRule), 30_304)).toBe(true)
    expect(isPortAllowed(rules.map(parseAllowRule), 30_306)).toBe(false)
    expect(allowed(rules, '9.10.0.0')).toBe(false)
    expect(allowed(['0.0.0.0/0:30303'], '2606:4700::1111')).toBe(false)
    expect(allowed(['::/0:30303'], '9.9.9.9')).toBe(false)
  })

  it('open the machine of the relay only where they name its very address', () => {
    for (const [own, wide] of [
      ['9.9.9.9', '9.9.9.0/24:30303'],
      ['2606:4700::1111', '2606:4700::/32:30303'],
    ] as const) {
      expect(allowed([wide], own, 30_303, [own])).toBe(false)
      expect(allowed([wide], own, 30_303, [])).toBe(true)
      expect(allowed([own.includes(':') ? `[${own}]:30303` : `${own}:30303`], own, 30_303, [own])).toBe(true)
    }
    const carried = formatIp(Uint8Array.from([0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9]))
    expect(allowed(['0.0.0.0/0:30303', '::/0:30303'], carried, 30_303, ['9.9.9.9'])).toBe(false)
    expect(allowed(['127.0.0.0/8:30303'], '127.0.0.1', 30_303, ['127.0.0.1'])).toBe(true)
  })

  it.each([
    ['203.0.113.0/24:30303', '203.0.113.0/24:30303'],
    ['203.0.113.7:30303-30310,40000', '203.0.113.7/32:30303-30310,40000'],
    ['[2001:db8::]/32:30303', '2001:db8::/32:30303'],
    ['2001:DB8::/32:1024-65535', '2001:db8::/32:1024-65535'],
    ['[::1]:30303', '::1/128:30303'],
    ['0.0.0.0/0:30303', '0.0.0.0/0:30303'],
  ])('%s is read as %s', (text, written) => {
    expect(formatAllowRule(parseAllowRule(text))).toBe(written)
  })

  it.each([
    ['203.0.113.0/24', /a rule is RANGE:PORTS/],
    ['203.0.113.0/33:30303', /a rule is RANGE:PORTS/],
    ['203.0.113.1/24:30303', /no bit set past the range/],
    ['203.0.113.0/24:', /a rule is RANGE:PORTS/],
    ['203.0.113.0/24:30303-', /ports are from 1024/],
    ['203.0.113.0/24:30310-30303', /ports are from 1024/],
    ['203.0.113.0/24:1023', /ports are from 1024/],
    ['203.0.113.0/24:65536', /ports are from 1024/],
    ['203.0.113.0/24:30303,', /ports are from 1024/],
    ['203.0.113.0/24:*', /a rule is RANGE:PORTS/],
    ['::1:30303', /a rule is RANGE:PORTS/],
    ['[fe80::1%1]:30303', /a rule is RANGE:PORTS/],
    ['localhost:30303', /a rule is RANGE:PORTS/],
    ['0177.0.0.1:30303', /a rule is RANGE:PORTS/],
    ['', /a rule is RANGE:PORTS/],
  ])('%j is refused', (text, words) => {
    expect(() => parseAllowRule(text)).toThrow(words)
  })
})
