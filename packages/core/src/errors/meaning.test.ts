// What policy is told of each failure, as one table: every code, and every reason.
import { describe, expect, it } from 'vitest'
import { CODE_NOTES } from './code-notes.ts'
import type { PeerErrorCode } from './codes.ts'
import { DiscReason } from './disc-reason.ts'
import { isMisdeed, isTold } from './meaning.ts'
import { PeerError } from './peer-error.ts'
import { waitOf } from './waits.ts'

/** A reason that decides nothing by itself. */
const PLAIN = DiscReason.requested

/** As docs/errors.md has it: the origin, then what is not the usual. */
const ROWS: Readonly<Record<PeerErrorCode, string>> = {
  'dial failed': 'link untold',
  'dial cancelled': 'local',
  'link refused': 'local untold',
  'relay refused': 'remote untold',
  'encryption handshake failed': 'remote untold quarrel',
  'protocol handshake failed': 'remote',
  'setup timeout': 'link',
  'link lost': 'link untold',
  'read timeout': 'link',
  'write timeout': 'link untold',
  'bad frame': 'link',
  'bad mac': 'link',
  'too big message': 'remote misdeed',
  'invalid message': 'remote misdeed',
  'invalid message code': 'remote misdeed',
  'obsolete message': 'remote',
  'failed to receive a message': 'link',
  'failed to send a message': 'local',
  'send queue full': 'link',
  'receive queue full': 'local',
  'ping failure': 'link',
  'pong failure': 'link',
  'disconnect reason': 'local',
  'remote disconnect reason': 'remote untold',
  'request timeout': 'link',
  'not served': 'remote',
  'unexpected answer': 'remote misdeed',
  'handler failed': 'program',
  'need a local status message': 'local',
  'failed to send the local status': 'link',
  'failed to receive the remote status': 'remote',
  'failed to decode the remote status': 'remote',
  'incompatible remote status': 'remote',
  'handshake timeout': 'link',
  'unexpected remote status': 'remote misdeed',
  'invalid item': 'remote misdeed',
  'test error': 'program',
}

const BY_REASON: Readonly<Record<keyof typeof DiscReason, string>> = {
  requested: 'usual',
  networkError: 'usual',
  breachOfProtocol: 'quarrel',
  uselessPeer: 'useless',
  tooManyPeers: 'usual',
  alreadyConnected: 'usual',
  incompatibleVersion: 'useless',
  invalidIdentity: 'hopeless',
  quitting: 'usual',
  unexpectedIdentity: 'hopeless',
  self: 'hopeless',
  readTimeout: 'usual',
  subprotocolError: 'quarrel',
  invalid: 'usual',
}

function rowOf(error: PeerError): string {
  const words: string[] = [error.origin]
  if (isMisdeed(error)) words.push('misdeed')
  if (!isTold(error)) words.push('untold')
  if (waitOf(error) !== 'usual') words.push(waitOf(error))
  return words.join(' ')
}

describe('what policy asks', () => {
  it.each(Object.keys(CODE_NOTES) as PeerErrorCode[])('of the code %s', (code) => {
    expect(rowOf(new PeerError(code, PLAIN, 'x'))).toBe(ROWS[code])
  })

  it.each(Object.keys(DiscReason) as (keyof typeof DiscReason)[])('of the reason %s: how long to wait', (name) => {
    expect(waitOf(new PeerError('disconnect reason', DiscReason[name], 'x'))).toBe(BY_REASON[name])
  })

  it.each([0x0c, 0x11, 2 ** 53 - 1, 2n ** 64n - 1n])('of a reason that nobody knows, %s, nothing', (reason) => {
    expect(rowOf(new PeerError('remote disconnect reason', reason, 'x'))).toBe('remote untold')
  })

  it('of a code that knows its wait better than the reason', () => {
    const error = new PeerError('encryption handshake failed', DiscReason.requested, 'x')
    expect(waitOf(error)).toBe('quarrel')
  })

  it('of a peer that lives: it has done no wrong', () => {
    expect(isMisdeed(undefined)).toBe(false)
  })

  it('never calls a misdeed what a network, or whoever carries the bytes, can cause', () => {
    const codes = Object.keys(ROWS) as PeerErrorCode[]
    const misdeeds = codes.map((code) => new PeerError(code, PLAIN, 'x')).filter(isMisdeed)
    expect(misdeeds.map(({ origin }) => origin)).toEqual(misdeeds.map(() => 'remote'))
  })
})
