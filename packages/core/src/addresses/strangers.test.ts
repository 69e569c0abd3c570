// Whatever a stranger writes as an address: it has a group, a prefix and a judgement, at once, and nothing is thrown.
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { groupOf } from './groups.ts'
import { hostOf, prefixOf } from './prefix.ts'
import { isLocalHost, isOddNumber, plainName } from './routability.ts'
import { cpuMs } from '../../../../tests/support/cpu.ts'

const pieces = fc.constantFrom(
  '1',
  '255',
  '256',
  '.',
  ':',
  '::',
  'ffff',
  '[',
  ']',
  '%eth0',
  '/',
  '0x7f',
  'a',
  '-',
  '@',
  '\n',
  'é',
  'x'.repeat(300),
  '://',
  '?',
)
const hosts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(pieces, { maxLength: 20 }).map((parts) => parts.join('')),
  fc.ipV4Extended(),
  fc.ipV6(),
  fc.domain(),
)

it('whatever host is named', () => {
  fc.assert(
    fc.property(hosts, (host) => {
      expect(typeof hostOf(host)).toBe('string')
      expect(['string', 'undefined']).toContain(typeof prefixOf(host))
      expect(['string', 'undefined']).toContain(typeof groupOf({ host }))
      expect(typeof isLocalHost(host)).toBe('boolean')
      expect(typeof isOddNumber(host)).toBe('boolean')
      expect(typeof plainName(host)).toBe('string')
    }),
  )
})

it('of 100,000 characters, in time that grows with their number', () => {
  for (const unit of ['1', '.', ':', '[', ']', '0.', 'f:', '://', '@', '/', '%']) {
    const host = unit.repeat(Math.ceil(100_000 / unit.length))
    const ms = cpuMs(() => {
      for (const judge of [hostOf, prefixOf, isLocalHost, isOddNumber, plainName]) judge(host)
      groupOf({ host })
    })
    expect(ms).toBeLessThan(1000)
  }
})
