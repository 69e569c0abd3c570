// What strangers may lead a node to, and what not.
import { expect, it } from 'vitest'
import { parseEndpoint } from '../wire/address.ts'
import { isPublicEndpoint } from './public-endpoint.ts'

it.each([
  'tcp://1.2.3.4:30303',
  'tcp://[2600::1]:30303',
  'ws://1.2.3.4/',
  'wss://relay.example/reach/abc_-~.d',
  'wss://relay.example:8443/bridge/geth',
  'ws://duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad.onion/',
  'custom://some-host:1/path',
  'memory://node0:7',
])('%s may be dialed', (text) => {
  expect(isPublicEndpoint(parseEndpoint(text))).toBe(true)
})

it.each([
  'tcp://127.0.0.1:80',
  'tcp://127.255.0.9:80',
  'tcp://10.1.2.3:30303',
  'tcp://172.16.0.1:30303',
  'tcp://192.168.0.1:30303',
  'tcp://169.254.169.254:80',
  'tcp://100.64.0.1:30303',
  'tcp://0.0.0.0:30303',
  'tcp://224.0.0.251:5353',
  'tcp://255.255.255.255:1',
  'tcp://203.0.113.5:30303',
  'tcp://[::]:30303',
  'tcp://[::1]:30303',
  'tcp://[fe80::1]:30303',
  'tcp://[fd00::1]:30303',
  'tcp://[fc00::1]:30303',
  'tcp://[ff02::1]:30303',
  'tcp://[::ffff:127.0.0.1]:80',
  'tcp://[64:ff9b::7f00:1]:80',
  'tcp://[2002:7f00:1::]:80',
  'ws://localhost/',
  'ws://LOCALHOST./',
  'ws://router/',
  'ws://printer.local/',
  'ws://nas.lan/',
  'ws://metadata.google.internal/',
  'ws://2130706433/',
  'ws://0x7f.1/',
  'ws://127.1/',
  // Letters and digits that a URL turns into plain ones.
  'ws://127.0\u30020.1/',
  'ws://\uff4cocalhost.\uff4cocal/',
  'ws://a%2e.example/',
  'wss://relay.example/?reboot=1',
  'wss://relay.example/admin?x',
  `wss://relay.example/${'a'.repeat(64)}`,
  'custom://127.0.0.1:1',
  'custom://some-host:1/path?query',
])('%s is not dialed because a stranger says so', (text) => {
  expect(isPublicEndpoint(parseEndpoint(text))).toBe(false)
})
