// Numbers of a Disconnect and their words, as go-ethereum has them.
import { expect, it } from 'vitest'
import { DiscReason, discReasonText } from './disc-reason.ts'

it.each<[number | bigint, string]>([
  [0x00, 'disconnect requested'],
  [0x01, 'network error'],
  [0x02, 'breach of protocol'],
  [0x03, 'useless peer'],
  [0x04, 'too many peers'],
  [0x05, 'already connected'],
  [0x06, 'incompatible p2p protocol version'],
  [0x07, 'invalid node identity'],
  [0x08, 'client quitting'],
  [0x09, 'unexpected identity'],
  [0x0a, 'connected to self'],
  [0x0b, 'read timeout'],
  [0x0c, 'unknown disconnect reason 12'],
  [0x0f, 'unknown disconnect reason 15'],
  [0x10, 'subprotocol error'],
  [0x11, 'unknown disconnect reason 17'],
  [0xff, 'invalid disconnect reason'],
  [2 ** 53 - 1, 'unknown disconnect reason 9007199254740991'],
  [2n ** 64n - 1n, 'unknown disconnect reason 18446744073709551615'],
])('%s is "%s"', (reason, text) => {
  expect(discReasonText(reason)).toBe(text)
})

it('every reason has a word of its own', () => {
  const words = Object.values(DiscReason).map(discReasonText)
  expect(new Set(words).size).toBe(words.length)
  for (const word of words) expect(word).not.toMatch(/unknown/)
})
