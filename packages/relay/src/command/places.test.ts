// Hosts that are hosts, and those that are none.
import { describe, expect, it } from 'vitest'
import { isHost, readAddress } from './places.ts'

describe('a host', () => {
  it.each([
    '127.0.0.1',
    '::1',
    'localhost',
    'relay.example',
    'relay.example.',
    'xn--bcher-kva.example',
    'bücher.example',
    '_dns.a',
    '1a',
    '3com.example',
    `${'a'.repeat(63)}.b`,
  ])('can be %s', (text) => expect(isHost(text)).toBe(true))

  it.each([
    '',
    '.',
    '..',
    'a..b',
    '.a',
    '-a',
    'a-',
    '300.1.1.1',
    '1.2.3',
    '7',
    '1.2.3.4.5',
    'a b',
    'a%',
    'zz::1',
    `${'a'.repeat(64)}.b`,
    `${'a.'.repeat(127)}b`.repeat(2),
  ])('can not be %s', (text) => expect(isHost(text)).toBe(false))
})

it('an address at port 0 is none to dial', () => {
  const key = 'ab'.repeat(64)
  expect(() => readAddress(`enode://${key}@127.0.0.1:0`)).toThrow(/^nobody can be dialed at port 0/)
  expect(() => readAddress(`ws://${key}@300.1.1.1:1/`)).toThrow('no host can be called "300.1.1.1"')
})
