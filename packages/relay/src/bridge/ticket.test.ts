// Tickets as text: what is signed is read back, and nothing else is.
import { createHmac } from 'node:crypto'
import { concatBytes, encodeRlp } from '@peerwire/core'
import { describe, expect, it } from 'vitest'
import { readTicket, ticketKeyId, type TicketFields, writeTicket } from './ticket.ts'

const KEY = new Uint8Array(32).fill(7)
const OTHER_KEY = new Uint8Array(32).fill(8)

const FIELDS: TicketFields = {
  notBefore: 1_800_000_000,
  expires: 1_800_000_060,
  audience: new Uint8Array(64).fill(0xab),
  targets: ['203.0.114.7:30303', '[2001:4860::7]:30303', 'geth.example:30304'],
  bytes: 1_073_741_824,
  seconds: 3_600,
  links: 2,
  origin: 'https://app.example',
  nonce: new Uint8Array(16).fill(3),
}

/** Signs whatever list. */
function sign(items: Parameters<typeof encodeRlp>[0], key: Uint8Array = KEY): string {
  const body = encodeRlp(items)
  const mac = createHmac('sha256', key).update('pw1.').update(body).digest()
  return `pw1.${Buffer.from(concatBytes(body, mac)).toString('base64url')}`
}

function listOf({ ...change }: Partial<TicketFields> = {}): Parameters<typeof encodeRlp>[0][] {
  const fields = { ...FIELDS, ...change }
  const { notBefore, expires, audience, targets, bytes, seconds, links, origin, nonce } = fields
  return [ticketKeyId(KEY), notBefore, expires, audience, targets, bytes, seconds, links, origin, nonce]
}

describe('a ticket', () => {
  it('says what it was given, and is a token that a header can carry', () => {
    const text = writeTicket(FIELDS, KEY)
    expect(text).toMatch(/^pw1\.[\w-]+$/)
    expect(readTicket(text, [OTHER_KEY, KEY])).toEqual(FIELDS)
    expect(sign(listOf())).toBe(text)
  })

  it('is none once a bit of it is another', () => {
    const text = writeTicket(FIELDS, KEY)
    for (let at = 0; at < text.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const altered = Buffer.from(text, 'latin1')
        altered[at]! ^= 1 << bit
        expect(readTicket(altered.toString('latin1'), [KEY])).toBeTypeOf('string')
      }
    }
  })

  it('is none once a bit of what it holds is another', () => {
    const bytes = Buffer.from(writeTicket(FIELDS, KEY).slice(4), 'base64url')
    for (let at = 0; at < bytes.length; at++) {
      for (let bit = 0; bit < 8; bit++) {
        const altered = Buffer.from(bytes)
        altered[at]! ^= 1 << bit
        expect(readTicket(`pw1.${altered.toString('base64url')}`, [KEY])).toBeTypeOf('string')
      }
    }
  })

  it.each([
    ['of a key that the relay does not have', writeTicket(FIELDS, OTHER_KEY), /no key of this relay has signed/],
    ['with a MAC of another key', sign(listOf(), OTHER_KEY), /was altered/],
    ['of 9 targets', sign(listOf({ targets: Array.from({ length: 9 }, () => 'a:30303') })), /more than 8 targets/],
    ['of no target', sign(listOf({ targets: [] })), /is no ticket/],
    ['with an item too many', sign([...listOf(), 1]), /is no ticket/],
    ['with an item too few', sign(listOf().slice(0, -1)), /is no ticket/],
    ['with a short nonce', sign(listOf({ nonce: new Uint8Array(15) })), /is no ticket/],
    ['with half a key for an audience', sign(listOf({ audience: new Uint8Array(32) })), /is no ticket/],
    ['with lists in lists', sign([...listOf().slice(0, 4), [[['a']]], ...listOf().slice(5)]), /is no ticket/],
    ['of another version', writeTicket(FIELDS, KEY).replace('pw1', 'pw2'), /is no ticket/],
    ['with padding', `${writeTicket(FIELDS, KEY)}=`, /is no ticket/],
    ['with nothing behind its version', 'pw1.', /is no ticket/],
    ['shorter than a MAC', 'pw1.AAAA', /is no ticket/],
    ['of a number', 'pw1.gA', /is no ticket/],
  ])('%s is refused', (_, text, words) => {
    expect(readTicket(text, [KEY])).toMatch(words)
  })

  it('has at most 1,024 characters, and one more is not looked at', () => {
    const named = (length: number): Partial<TicketFields> => ({
      targets: ['a'.repeat(250), 'b'.repeat(200), 'c'.repeat(length)].map((host) => `${host}:30303`),
    })
    let length = 10
    while (sign(listOf(named(length + 1))).length <= 1_024) length++
    const [fits, past] = [sign(listOf(named(length))), sign(listOf(named(length + 1)))]
    expect(fits.length).toBeLessThanOrEqual(1_024)
    expect(readTicket(fits, [KEY])).toMatchObject(named(length))
    expect(readTicket(past, [KEY])).toBe('the ticket has more than 1024 characters')
    expect(() => writeTicket({ ...FIELDS, ...named(length + 1) }, KEY)).toThrow(RangeError)
  })
})
