// Which pages are the listener's own, by the address that a connection arrived at, and which others can be listed.
import { IncomingMessage, type IncomingHttpHeaders } from 'node:http'
import { Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { checkHost, checkOrigin, isOriginAllowed, type OriginRules } from './origins.ts'
import { readTrustProxy } from './proxies.ts'

/** What becomes of a page at `origin`, asked for by the name `host`, at our address `localAddress`. */
function isLetIn(localAddress: string | undefined, headers: IncomingHttpHeaders, rules: OriginRules = {}): boolean {
  const socket = new Socket()
  Object.defineProperties(socket, { localAddress: { value: localAddress }, remoteAddress: { value: '127.0.0.1' } })
  return isOriginAllowed(Object.assign(new IncomingMessage(socket), { headers }), rules)
}

describe('a page of the host and port that the browser asked for', () => {
  it.each([
    ['127.0.0.1', 'evil.example:4000', false],
    ['::1', 'evil.example:4000', false],
    ['::ffff:127.0.0.1', 'evil.example:4000', false],
    ['192.168.1.5', 'evil.example:4000', false],
    ['fe80::1%eth0', 'evil.example:4000', false],
    [undefined, 'evil.example:4000', false],
    ['127.0.0.1', 'localhost.evil.example:4000', false],
    ['127.0.0.1', '127.0.0.1.evil.example:4000', false],
    ['127.0.0.1', '127.0.0.1:4000', true],
    ['192.168.1.5', '192.168.1.5:4000', true],
    ['fe80::1%eth0', '[fe80::1]:4000', true],
    ['127.0.0.1', 'app.localhost:4000', true],
    ['192.168.1.5', 'relay.local:4000', true],
    ['192.168.1.5', 'RELAY.local:4000', true],
    ['203.0.114.9', 'any.example:4000', true],
    ['2606:4700::1', 'any.example', true],
  ])('at %s, %s: %s', (localAddress, host, wanted) => {
    expect(isLetIn(localAddress, { host, origin: `http://${host}` }, { hosts: ['relay.local'] })).toBe(wanted)
  })

  it('has no other port, and no other scheme than the web’s', () => {
    const host = '192.168.1.5:4000'
    expect(isLetIn('192.168.1.5', { host, origin: 'http://192.168.1.5' })).toBe(false)
    expect(isLetIn('192.168.1.5', { host, origin: 'app://192.168.1.5:4000' })).toBe(false)
    expect(isLetIn('203.0.114.9', { host: 'a.example:80', origin: 'http://a.example' })).toBe(true)
    expect(isLetIn('203.0.114.9', { host: 'a.example:443', origin: 'https://a.example' })).toBe(true)
    expect(isLetIn('203.0.114.9', { host: 'a.example@b.example', origin: 'http://b.example' })).toBe(false)
    expect(isLetIn('203.0.114.9', { origin: 'http://a.example' })).toBe(false)
  })

  it('is the page of a listed host whatever a proxy makes of the name', () => {
    const rules = { hosts: ['relay.example', 'relay.example:8443'] }
    for (const origin of ['https://relay.example', 'https://relay.example:8443', 'http://relay.example'])
      expect(isLetIn('127.0.0.1', { host: '127.0.0.1:30380', origin }, rules)).toBe(true)
    expect(isLetIn('127.0.0.1', { host: '127.0.0.1:30380', origin: 'https://relay.example:1' }, rules)).toBe(false)
  })
})

describe('a page behind a proxy', () => {
  const rules = { proxies: readTrustProxy(['127.0.0.1']) }
  const origin = 'https://relay.example'
  const forwarded = { 'x-forwarded-for': '8.8.8.8', origin }

  it.each<[string, IncomingHttpHeaders, boolean]>([
    ['passes on Host', { host: 'relay.example' }, true],
    ['says X-Forwarded-Host', { host: '127.0.0.1:30380', 'x-forwarded-host': 'relay.example' }, true],
    ['says Forwarded', { host: '127.0.0.1:30380', forwarded: 'for=8.8.8.8;host="relay.example:443"' }, true],
    ['names another', { host: '127.0.0.1:30380', 'x-forwarded-host': 'other.example' }, false],
    ['names none', { host: '127.0.0.1:30380' }, false],
  ])('that %s: %s', (_, headers, wanted) => {
    expect(isLetIn('127.0.0.1', { ...forwarded, ...headers }, rules)).toBe(wanted)
  })

  it('needs a proxy that is listed and that has spoken', () => {
    const others = { proxies: readTrustProxy(['10.0.0.0/8']) }
    expect(isLetIn('127.0.0.1', { ...forwarded, host: 'relay.example' }, others)).toBe(false)
    expect(isLetIn('127.0.0.1', { origin, host: 'relay.example' }, rules)).toBe(false)
    expect(isLetIn('127.0.0.1', { origin, host: 'relay.example' }, { proxies: readTrustProxy(true) })).toBe(false)
  })
})

describe('listed origins', () => {
  const APPS = [
    'tauri://localhost',
    'http://tauri.localhost',
    'capacitor://localhost',
    'ionic://localhost',
    'chrome-extension://abcdefghijklmnopabcdefghijklmnop',
    'moz-extension://12345678-1234-1234-1234-123456789abc',
    'vscode-webview://0123456789',
    'app://localhost',
    'null',
    'https://app.example:8443',
  ]

  it.each(APPS)('%s is let in alone', (origin) => {
    expect(checkOrigin(origin)).toBe(origin)
    const letIn = [...APPS, 'https://app.example'].filter((other) =>
      isLetIn('127.0.0.1', { host: '127.0.0.1:1', origin: other }, { origins: [origin] }),
    )
    expect(letIn).toEqual([origin])
  })

  it.each([
    '',
    'app.example',
    'null ',
    'file:///etc/passwd',
    'data:text/html,x',
    'https://a.example/x',
    'https://u@b.c',
  ])('%j is none', (entry) => {
    expect(() => checkOrigin(entry)).toThrow('not an origin')
  })

  it.each(['', 'http://a.example', 'a.example/x', 'a b', 'a.example:99999'])('%j is no host', (entry) => {
    expect(() => checkHost(entry)).toThrow('not a name such as')
  })
})
