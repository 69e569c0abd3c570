// The page's parts that need no page: what it reads of a relay, what it says, and what it signs.
import { DiscReason, PeerError, portableCrypto, readRefusal, toHex } from '@peerwire/core'
import { readTransaction } from '@peerwire/eth'
import { describe, expect, it } from 'vitest'
import { infoUrl, readRelayInfo } from '../../examples/page/src/relay-info.ts'
import { moodOf, type RelayState, stateSentence, waitSentence } from '../../examples/page/src/relay-state.ts'
import { signForm } from '../../examples/page/src/signing.ts'
import { durationWords, networkWords, reasonWords, routeWords, typeWords } from '../../examples/page/src/words.ts'

const KEY = 'ab'.repeat(64)

describe('what a relay says of itself', () => {
  const answer = (fields: Readonly<Record<string, unknown>>): string => JSON.stringify({ name: 'relay', ...fields })

  it('gives the first address that a tab can dial, and the ways through the bridge', () => {
    const bridge = [{ alias: 'geth', address: `ws://${KEY}@127.0.0.1:1/bridge/geth` }, { alias: 'keyless' }]
    const addresses = [`enode://${KEY}@127.0.0.1:30303`, `ws://${KEY}@127.0.0.1:1/`, `wss://${KEY}@127.0.0.1:2/`]
    const info = { name: 'relay', bridge: [bridge[0], { alias: 'keyless', address: undefined }] }
    expect(readRelayInfo(answer({ addresses, bridge }), false)).toEqual({ ...info, address: addresses[1] })
    expect(readRelayInfo(answer({ addresses, bridge }), true)).toEqual({ ...info, address: addresses[2] })
  })

  it.for([
    ['no JSON', '<!doctype html>'],
    ['a list', '[]'],
    ['null', 'null'],
    ['no addresses', answer({})],
    ['addresses of other kinds', answer({ addresses: [1, null, {}, `enode://${KEY}@127.0.0.1:30303`] })],
    ['an address without a key', answer({ addresses: ['ws://127.0.0.1:1/'] })],
    ['a script for an address', answer({ addresses: ['javascript:alert(1)'] })],
  ] as const)('is not taken for a relay when it is %s', ([, text]) => {
    expect(readRelayInfo(text, false)).toBeUndefined()
  })

  it('loses what does not fit: odd bridge entries, long names, more than a hundred targets', () => {
    const targets = Array.from({ length: 101 }, (_, i) => ({ alias: `a${i}`.padEnd(200, 'x'), address: 'nonsense' }))
    const addresses = [`ws://${KEY}@127.0.0.1:1/`]
    const info = readRelayInfo(answer({ name: 'n'.repeat(1000), addresses, bridge: [7, null, ...targets] }), false)!
    expect(info.name).toHaveLength(100)
    expect(info.bridge).toHaveLength(98)
    expect(info.bridge[0]).toEqual({ alias: 'a0'.padEnd(100, 'x'), address: undefined })
  })

  it('is asked below the folder of the page', () => {
    expect(infoUrl('https://relay.example/')).toBe('https://relay.example/.well-known/peerwire')
    expect(infoUrl('https://example.org/relay/index.html?x=1')).toBe('https://example.org/relay/.well-known/peerwire')
  })
})

describe('how the tab stands with its relay', () => {
  const told = (reason: number): PeerError => new PeerError('remote disconnect reason', reason, 'said so')
  const cut = new PeerError('link lost', DiscReason.networkError, 'gone')
  const lost = (error: PeerError, more: Partial<Extract<RelayState, { kind: 'lost' }>> = {}): RelayState => ({
    kind: 'lost',
    error,
    wasConnected: true,
    silent: undefined,
    retryAtMs: 5000,
    isDialing: false,
    ...more,
  })

  it.for<readonly [RelayState, string, string, string]>([
    [{ kind: 'asking' }, 'busy', 'Asking the relay for its address …', ''],
    [{ kind: 'unknown', why: 'It is down.', retryAtMs: 3001 }, 'bad', 'It is down.', 'Next try in 3 s.'],
    [{ kind: 'dialing' }, 'busy', 'Connecting to the relay …', ''],
    [{ kind: 'connected', name: 'x' }, 'good', 'Connected to the relay x, encrypted from end to end.', ''],
    [{ kind: 'left' }, 'bad', 'Not connected to the relay: you disconnected from it.', ''],
    [lost(told(DiscReason.quitting)), 'bad', 'The relay was shut down.', 'Next try in 4 s.'],
    [lost(told(DiscReason.tooManyPeers), { isDialing: true }), 'bad', 'The relay is full.', 'Trying again …'],
    [
      lost(told(DiscReason.breachOfProtocol), { retryAtMs: undefined }),
      'bad',
      'The relay ended the connection: breach of protocol.',
      '',
    ],
    [
      lost(cut, { silent: 'It is down.' }),
      'bad',
      'The connection to the relay broke off. It is down.',
      'Next try in 4 s.',
    ],
    [
      lost(readRefusal(4429, 'throttled; retry=4; too fast')!),
      'bad',
      "The relay doesn't take this tab now: throttled: too fast.",
      'Next try in 4 s.',
    ],
    [lost(cut), 'bad', 'The connection to the relay broke off (link lost: gone).', 'Next try in 4 s.'],
    [
      lost(cut, { wasConnected: false, retryAtMs: 900 }),
      'bad',
      'The relay could not be dialed (link lost: gone).',
      'Next try in 1 s.',
    ],
  ])('is a sentence: %j', ([state, mood, sentence, wait]) => {
    expect([moodOf(state), stateSentence(state), waitSentence(state, 1000)]).toEqual([mood, sentence, wait])
  })
})

describe('words', () => {
  it('name what has a name, and give the number of what has none', () => {
    expect([networkWords(1n), networkWords(7n)]).toEqual(['Ethereum mainnet (1)', 'network 7'])
    expect([typeWords(0), typeWords(2), typeWords(9)]).toEqual(['0 · legacy', '2 · EIP-1559', '9 · unknown'])
    expect([reasonWords(4), reasonWords(2n ** 64n - 1n)]).toEqual([
      '0x04 too many peers',
      '0xffffffffffffffff unknown disconnect reason 18446744073709551615',
    ])
    expect([0.2, 12.4, 1300].map(durationWords)).toEqual(['1 ms', '12 ms', '1.3 s'])
    const endpoint = { scheme: 'wss', host: 'relay.example', port: 443, path: '/x/bridge/geth' }
    expect(routeWords({ endpoint, remoteAddress: '' })).toBe('bridge to geth')
  })
})

describe('the form of a transaction', () => {
  const key = '0x' + '01'.repeat(32)
  const form = { privateKey: key, to: '', nonce: '3', value: '5', gasLimit: '21000', maxFee: '20', priorityFee: '1' }

  it('becomes a signed transaction, to the account itself when nobody is named', () => {
    const { sender, to, nonce, value, maxFeePerGas } = readTransaction(signForm(form, 99n), 99n, portableCrypto)
    expect(toHex(to!)).toBe(toHex(sender))
    expect({ nonce, value, maxFeePerGas }).toEqual({ nonce: 3n, value: 5n, maxFeePerGas: 20_000_000_000n })
  })

  it.for([
    [{ privateKey: '12' }, 'the private key must be 64 hex digits'],
    [{ privateKey: '00'.repeat(32) }, 'the private key is out of range'],
    [{ to: '0x12' }, 'the recipient must be 40 hex digits'],
    [{ nonce: '-1' }, 'the nonce must be a whole number, not -1'],
    [{ value: '1.5' }, 'the value must be a whole number, not 1.5'],
    [{ gasLimit: '' }, 'the gas limit must be a whole number, not '],
  ] as const)('says which field is wrong: %j', ([fields, text]) => {
    expect(() => signForm({ ...form, ...fields }, 99n)).toThrow(new TypeError(text))
  })
})
