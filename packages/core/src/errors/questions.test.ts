// What policy is told of each failure, as one table: every code, and every reason.
import { describe, expect, it } from 'vitest'
import { CODE_NOTES } from './code-notes.ts'
import type { PeerErrorCode } from './codes.ts'
import { DiscReason } from './disc-reason.ts'
import { PeerError } from './peer-error.ts'
import { isHopeless, isRemoteDecision, meritsBan, shouldBackoff } from './questions.ts'

/** A reason that decides nothing by itself. */
const PLAIN = DiscReason.requested

function answers(code: PeerErrorCode, reason: DiscReason): string[] {
  const error = new PeerError(code, reason, 'x')
  const yes: string[] = []
  if (shouldBackoff(error)) yes.push('back off')
  if (isHopeless(error)) yes.push('hopeless')
  if (meritsBan(error)) yes.push('ban')
  if (isRemoteDecision(error)) yes.push('remote')
  return yes
}

/** Codes that decide something by themselves; all others decide nothing. */
const BY_CODE: Partial<Readonly<Record<PeerErrorCode, readonly string[]>>> = {
  'encryption handshake failed': ['back off'],
  'incompatible remote status': ['back off'],
  'invalid item': ['ban'],
  'unexpected answer': ['ban'],
  'too big message': ['ban'],
  'remote disconnect reason': ['remote'],
}

const BY_REASON: Readonly<Record<keyof typeof DiscReason, readonly string[]>> = {
  requested: [],
  networkError: [],
  breachOfProtocol: ['back off'],
  uselessPeer: ['back off'],
  tooManyPeers: ['back off'],
  alreadyConnected: [],
  incompatibleVersion: ['back off'],
  invalidIdentity: ['hopeless'],
  quitting: [],
  unexpectedIdentity: ['hopeless'],
  self: ['hopeless'],
  readTimeout: [],
  subprotocolError: ['back off'],
  invalid: [],
}

describe('what policy asks', () => {
  it.each(Object.keys(CODE_NOTES) as PeerErrorCode[])('of the code %s', (code) => {
    expect(answers(code, PLAIN)).toEqual(BY_CODE[code] ?? [])
  })

  it.each(Object.keys(DiscReason) as (keyof typeof DiscReason)[])('of the reason %s', (name) => {
    expect(answers('disconnect reason', DiscReason[name])).toEqual(BY_REASON[name])
  })

  it.each([0x0c, 0x11, 2 ** 53 - 1, 2n ** 64n - 1n])('of a reason that nobody knows, %s, nothing', (reason) => {
    expect(answers('remote disconnect reason', reason)).toEqual(['remote'])
  })

  it('never bans for what a network, or whoever carries the bytes, can cause', () => {
    for (const code of ['link lost', 'bad mac', 'bad frame', 'read timeout', 'write timeout', 'dial failed'] as const) {
      for (const reason of Object.values(DiscReason)) expect(meritsBan(new PeerError(code, reason, 'x'))).toBe(false)
    }
  })
})
