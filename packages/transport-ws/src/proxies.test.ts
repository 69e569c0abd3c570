// Where a client is by the word of its proxies, in every form that they write, and whose word counts.
import { IncomingMessage, type IncomingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { readTrustProxy, type TrustProxy } from './proxies.ts'

function requestFrom(remoteAddress: string | undefined, headers: IncomingHttpHeaders): IncomingMessage {
  const socket = new Socket()
  Object.defineProperties(socket, { remoteAddress: { value: remoteAddress }, remotePort: { value: 5000 } })
  return Object.assign(new IncomingMessage(socket), { headers })
}

const remoteOf = (trust: TrustProxy, headers: IncomingHttpHeaders, from: string | undefined = '127.0.0.1'): string =>
  readTrustProxy(trust).remoteOf(requestFrom(from, headers))

describe('X-Forwarded-For', () => {
  it.each([
    ['203.0.114.9', '203.0.114.9:0'],
    ['10.9.8.7, 198.51.101.4', '198.51.101.4:0'],
    ['203.0.114.9:17085', '203.0.114.9:17085'],
    ['198.51.101.4:5000,203.0.114.9:17085', '203.0.114.9:17085'],
    ['2606:4700::1', '[2606:4700::1]:0'],
    ['[2606:4700::1]', '[2606:4700::1]:0'],
    ['[2606:4700::1]:17085', '[2606:4700::1]:17085'],
    ['::ffff:203.0.114.9', '203.0.114.9:0'],
    ['[::FFFF:203.0.114.9]:7', '203.0.114.9:7'],
    ['fe80::1%eth0', '[fe80::1]:0'],
    ['"203.0.114.9:80"', '203.0.114.9:80'],
    ['unknown', '127.0.0.1:5000'],
    ['203.0.114.9, evil', '127.0.0.1:5000'],
    ['203.0.114.9,', '127.0.0.1:5000'],
    ['999.1.1.1', '127.0.0.1:5000'],
    ['', '127.0.0.1:5000'],
  ])('%j is %s', (header, wanted) => {
    expect(remoteOf(true, { 'x-forwarded-for': header })).toBe(wanted)
  })

  it('counts where Forwarded is there, too, which a client may have written', () => {
    const headers = { 'x-forwarded-for': '203.0.114.9', forwarded: 'for=8.8.8.8' }
    expect(remoteOf(true, headers)).toBe('203.0.114.9:0')
  })

  it('of 100,000 entries costs no more than reading it', () => {
    expect(remoteOf(['0.0.0.0/0'], { 'x-forwarded-for': '10.0.0.1,'.repeat(100_000) })).toBe('127.0.0.1:5000')
    expect(remoteOf(['0.0.0.0/0'], { 'x-forwarded-for': `${'10.0.0.1,'.repeat(100_000)}10.0.0.2` })).toBe('10.0.0.1:0')
  })
})

describe('Forwarded', () => {
  it.each([
    ['for=203.0.114.9', '203.0.114.9:0'],
    ['For="203.0.114.9:4711";proto=https;by=10.0.0.1', '203.0.114.9:4711'],
    ['for="[2606:4700::1]"', '[2606:4700::1]:0'],
    ['proto=http; for="[2606:4700::1]:4711" ;host="a,b;c"', '[2606:4700::1]:4711'],
    ['for=192.0.2.43, for=198.51.100.17;by=203.0.113.60', '198.51.100.17:0'],
    ['for=8.8.8.8;host="\\"for=9.9.9.9"', '8.8.8.8:0'],
    ['for=unknown', '127.0.0.1:5000'],
    ['for="_gazonk"', '127.0.0.1:5000'],
    ['for', '127.0.0.1:5000'],
    ['by=203.0.113.60', '127.0.0.1:5000'],
    ['for="8.8.8.8', '8.8.8.8:0'],
  ])('%s is %s', (header, wanted) => {
    expect(remoteOf(true, { forwarded: header })).toBe(wanted)
  })
})

describe('whose word counts', () => {
  const three = { 'x-forwarded-for': '1.1.1.1, 2.2.2.2, 10.0.0.7' }

  it.each<[TrustProxy, string, string]>([
    [false, '127.0.0.1', '127.0.0.1:5000'],
    [0, '127.0.0.1', '127.0.0.1:5000'],
    [1, '127.0.0.1', '10.0.0.7:0'],
    [2, '127.0.0.1', '2.2.2.2:0'],
    [3, '127.0.0.1', '1.1.1.1:0'],
    [9, '127.0.0.1', '1.1.1.1:0'],
    [['127.0.0.1'], '127.0.0.1', '10.0.0.7:0'],
    [['127.0.0.1', '10.0.0.0/8'], '127.0.0.1', '2.2.2.2:0'],
    ['127.0.0.1, 10.0.0.0/8', '127.0.0.1', '2.2.2.2:0'],
    [['127.0.0.1', '10.0.0.0/8'], '9.9.9.9', '9.9.9.9:5000'],
    [['10.0.0.0/8'], '127.0.0.1', '127.0.0.1:5000'],
    [['0.0.0.0/0'], '127.0.0.1', '1.1.1.1:0'],
    [['127.0.0.0/8'], '::ffff:127.0.0.1', '10.0.0.7:0'],
    [['::1', 'fd00::/8'], '::1', '10.0.0.7:0'],
    [['fd00::/8'], 'fd12::1', '10.0.0.7:0'],
  ])('%j from %s gives %s', (trust, from, wanted) => {
    expect(remoteOf(trust, three, from)).toBe(wanted)
  })

  it('is that of a socket of this machine that has no address, where loopback is listed', () => {
    const remote = (trust: TrustProxy): string => readTrustProxy(trust).remoteOf(requestFrom(undefined, three))
    expect([remote(['127.0.0.1']), remote(['10.0.0.0/8'])]).toEqual(['10.0.0.7:0', '127.0.0.1:5000'])
  })

  it.each<unknown>([
    'yes',
    ['10.0.0.0/33'],
    ['::/129'],
    ['fe80::1%eth0'],
    [''],
    [5],
    -1,
    33,
    1.5,
    Number.NaN,
    {},
    null,
  ])('can’t be %j', (trust) => {
    expect(() => readTrustProxy(trust as TrustProxy)).toThrow(/^trustProxy /)
  })
})
