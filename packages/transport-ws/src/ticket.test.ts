// To whom a ticket is shown: to the place of a relay that asks for one, and to no other listener.
import { isPeerError, parseEndpoint } from '@peerwire/core'
import type { Endpoint } from '@peerwire/core'
import { describe, expect, it, vi } from 'vitest'
import { webSocket } from './browser.ts'
import { protocolsFor } from './ticket.ts'
import type { TicketSource } from './ticket.ts'
import { dialError, WEBSOCKET_PROTOCOL } from './wire.ts'

const PLACE = parseEndpoint('wss://relay.example/below/bridge/t/3')

function offered(endpoint: Endpoint, ticket: TicketSource): string[] {
  return protocolsFor(endpoint, ticket, WEBSOCKET_PROTOCOL, dialError)
}

describe('a ticket', () => {
  it('is asked for at each dial of its place, and offered beside the subprotocol', () => {
    const asked: unknown[] = []
    const ticket = (endpoint: unknown): string => `pw1.${asked.push(endpoint)}`
    expect(offered(PLACE, ticket)).toEqual(['peerwire.1', 'pw1.1'])
    expect(offered(PLACE, ticket)).toEqual(['peerwire.1', 'pw1.2'])
    expect(asked).toEqual([PLACE, PLACE])
  })

  it.each(['/', '/bridge/t', '/bridge/t/', '/bridge/t/10', '/bridge/t/0/', '/bridge/geth', '/t/0', '/?/bridge/t/0x'])(
    'is not asked for at %s',
    (path) => {
      const ticket = (): string => {
        throw new Error('asked')
      }
      expect(offered(parseEndpoint(`wss://relay.example${path}`), ticket)).toEqual(['peerwire.1'])
    },
  )

  it.each(['', 'pw1.', 'pw2.aaaa', 'pw1.a b', 'pw1.a,b', 'pw1.\u00e4', `pw1.${'a'.repeat(1_021)}`, undefined, 5])(
    'that is %j fails the dial, and is not in its words',
    (text) => {
      const show = (): string => text as string
      expect(() => offered(PLACE, show)).toThrow(/gave no ticket \(pw1\.…\)$/)
    },
  )

  it('that the program does not have fails the dial with what it threw', () => {
    const cause = new Error('signed out')
    const show = (): string => {
      throw cause
    }
    let error: unknown
    try {
      offered(PLACE, show)
    } catch (thrown) {
      error = thrown
    }
    expect(isPeerError(error) && [error.code, error.cause]).toEqual(['dial failed', cause])
  })

  it('is what a page opens its WebSocket with', async () => {
    const opened: unknown[] = []
    class Opening {
      constructor(...given: unknown[]) {
        opened.push(given)
        throw new SyntaxError('far enough')
      }
    }
    vi.stubGlobal('WebSocket', Opening)
    try {
      const transport = webSocket({ ticket: () => 'pw1.abc' })
      await expect(transport.dial(PLACE)).rejects.toThrow('is refused by the browser itself')
      await expect(transport.dial(parseEndpoint('wss://relay.example/'))).rejects.toThrow('by the browser itself')
    } finally {
      vi.unstubAllGlobals()
    }
    expect(opened).toEqual([
      ['wss://relay.example:443/below/bridge/t/3', ['peerwire.1', 'pw1.abc']],
      ['wss://relay.example:443/', ['peerwire.1']],
    ])
  })
})
