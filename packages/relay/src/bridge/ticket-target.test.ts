// Targets of tickets: one spelling each, and none that somebody else could read as another place.
import { describe, expect, it } from 'vitest'
import { parseTicketTarget } from './ticket-target.ts'

describe('a target of a ticket', () => {
  it.each([
    ['geth.example:30303', 'geth.example', 30_303],
    ['xn--bcher-kva.example:1', 'xn--bcher-kva.example', 1],
    ['geth:65535', 'geth', 65_535],
    ['203.0.114.7:30303', '203.0.114.7', 30_303],
    ['[2001:4860::7]:30303', '2001:4860::7', 30_303],
    ['[2001:4860:0:0::7]:30303', '2001:4860::7', 30_303],
    ['[::ffff:7f00:1]:30303', '127.0.0.1', 30_303],
  ])('%s is read', (text, host, port) => {
    const target = parseTicketTarget(text)
    expect([target.host, target.port]).toEqual([host, port])
    expect(target.ip === undefined).toBe(/[a-z]{2}/.test(host))
  })

  it.each([
    '0177.0.0.1:30303',
    '2130706433:30303',
    '127.1:30303',
    '0x7f000001:30303',
    '0x7f.0.0.1:30303',
    '1.2.3.256:30303',
    'geth.0x1:30303',
    'localhost.:30303',
    'geth.example.:30303',
    '.geth:30303',
    'geth..example:30303',
    'GETH.example:30303',
    'bücher.example:30303',
    'ｌocalhost:30303',
    'user@geth.example:30303',
    'user:pass@geth.example:30303',
    'geth.example/path:30303',
    'geth_1:30303',
    '-geth:30303',
    'geth-:30303',
    `${'a'.repeat(64)}:30303`,
    `${'a.'.repeat(127)}a:30303`,
    '[fe80::1%eth0]:30303',
    '[fe80::1%25eth0]:30303',
    '[127.0.0.1]:30303',
    '[geth]:30303',
    '[]:30303',
    '::1:30303',
    '[::1]',
    '[::1]30303',
    'geth.example',
    'geth.example:',
    'geth.example:0',
    'geth.example:030303',
    'geth.example:65536',
    'geth.example:+30303',
    'geth.example: 30303',
    ' geth.example:30303',
    'geth.example:30303\n',
    ':30303',
    '',
  ])('%j is refused', (text) => {
    expect(() => parseTicketTarget(text)).toThrow(TypeError)
  })
})
