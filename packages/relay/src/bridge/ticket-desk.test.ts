// Which tickets are good here and now, and how often.
import type { IncomingMessage } from 'node:http'
import { createManualClock } from '@peerwire/core/testing'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import { absent } from './close-codes.ts'
import { TicketDesk } from './ticket-desk.ts'
import { type TicketFields, ticketNonce, writeTicket } from './ticket.ts'

const KEY = new Uint8Array(32).fill(7)
const AUDIENCE = new Uint8Array(64).fill(0xab)

function open(most = 100) {
  const clock = createManualClock({ tickMs: 0 })
  const desk = new TicketDesk({ keys: [KEY], audience: AUDIENCE, clock, most })
  const now = Math.floor(clock.wallNow() / 1000)
  const ticket = (change: Partial<TicketFields> = {}): string => {
    const times = { notBefore: now, expires: now + 60 }
    const fields = {
      ...times,
      audience: AUDIENCE,
      targets: ['a:30303', 'b:30303'],
      bytes: 1_000,
      seconds: 60,
      links: 1,
    }
    return writeTicket({ ...fields, origin: '', nonce: ticketNonce(), ...change }, KEY)
  }
  const show = (text: string, index = 0, origin?: string, usual?: ReturnType<typeof absent>): string => {
    const headers = { 'sec-websocket-protocol': `peerwire.1, ${text}`, ...(origin === undefined ? {} : { origin }) }
    const answer = desk.admit({ headers } as IncomingMessage, index, usual)
    return 'code' in answer ? `${answer.code} ${answer.text}` : answer.target
  }
  return { clock, desk, now, ticket, show }
}

describe('the desk for tickets', () => {
  it('takes one for the target that is asked for, as often as it says', () => {
    const { ticket, show } = open()
    const twice = ticket({ links: 2 })
    expect([show(twice), show(twice, 1), show(twice)]).toEqual([
      'a:30303',
      'b:30303',
      '4401 unknown pass; the ticket was used 2 times already',
    ])
    const once = ticket()
    expect([show(once), show(once)]).toEqual(['a:30303', '4401 unknown pass; the ticket was used already'])
    expect(show(ticket(), 2)).toBe('4404 absent; retry=300; the ticket names no such target')
  })

  it('takes them from 5 s before their time until 5 s after it', () => {
    const { clock, now, ticket, show } = open()
    expect(show(ticket({ notBefore: now + 5 }))).toBe('a:30303')
    expect(show(ticket({ notBefore: now + 6 }))).toBe('4401 unknown pass; the ticket is not valid yet')
    clock.advance(64_999)
    expect(show(ticket())).toBe('a:30303')
    clock.advance(1)
    expect(show(ticket())).toBe('4401 unknown pass; the ticket has ended')
    expect(show(ticket({ expires: now + 3_600 }))).toBe('a:30303')
    expect(show(ticket({ expires: now + 3_601 }))).toBe('4401 unknown pass; the ticket lives longer than 3600 s')
  })

  it('takes none for another relay, none twice in one request, and asks for one', () => {
    const { ticket, show } = open()
    const other = ticket({ audience: new Uint8Array(64).fill(0xac) })
    expect(show(other)).toBe('4401 unknown pass; the ticket is for another relay')
    expect(show(`${ticket()}, ${ticket()}`)).toBe('4401 unknown pass; one ticket at a time')
    expect(show('')).toBe('4401 unknown pass; a ticket must be shown')
    expect(show('chat')).toBe('4401 unknown pass; a ticket must be shown')
  })

  it.each([undefined, 'null', '', 'https://other.example', 'http://app.example', 'https://app.example:8443'])(
    'takes one that names its pages not from %j, and that counts as no use',
    (origin) => {
      const { ticket, show } = open()
      const text = ticket({ origin: 'https://app.example' })
      expect(show(text, 0, origin)).toBe('4403 origin; retry=300; the ticket is for pages of another origin')
      // The relay's own list is of no matter then.
      expect(show(text, 0, 'https://app.example', absent('not listed'))).toBe('a:30303')
    },
  )

  it('leaves the pages of others to the list of the relay', () => {
    const { ticket, show } = open()
    const text = ticket()
    expect(show(text, 0, 'https://app.example', absent('not listed'))).toBe('4404 absent; retry=300; not listed')
    expect(show(text, 0, 'https://app.example')).toBe('a:30303')
  })

  it('remembers a burst of tickets up to its bound, refuses what is past it, and forgets those that ended', () => {
    const most = rounds(2_000, 100_000)
    const { clock, desk, ticket, show } = open(most)
    for (let i = 0; i < most; i++) expect(show(ticket())).toBe('a:30303')
    const past = ticket()
    expect(show(past)).toBe('4429 full; too many tickets are in use')
    for (let i = 0; i < 100; i++) show(ticket())
    expect(desk.remembered).toBe(most)
    clock.advance(65_000)
    expect(show(ticket({ notBefore: 0, expires: 1 }))).toMatch(/^4401/)
    expect(show(past)).toBe('4401 unknown pass; the ticket has ended')
    const later = Math.floor(clock.wallNow() / 1000)
    expect(show(ticket({ notBefore: later, expires: later + 60 }))).toBe('a:30303')
    expect(desk.remembered).toBe(1)
  })

  it('remembers nothing of what nobody signed', () => {
    const { desk, ticket, show } = open()
    const forged = (text: string): string => `${text.slice(0, -8)}${text.at(-8) === 'A' ? 'B' : 'A'}${text.slice(-7)}`
    for (let i = 0; i < 1_000; i++) expect(show(forged(ticket()))).toMatch(/^4401/)
    expect(desk.remembered).toBe(0)
  })
})
