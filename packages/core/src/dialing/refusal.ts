// Who may not be dialed now, and the name of the reason.
import type { Endpoint } from '../wire/address.ts'
import { pastOf } from './retry.ts'
import { type DialRefusal, type DialState, peerOf, type Target } from './state.ts'

const USUAL_PORTS: Readonly<Record<string, number>> = { tcp: 30_303, ws: 80, wss: 443 }

/** The first reason not to dial a candidate, in go-ethereum's order; `undefined` when there is none but room. */
export function refusalOf(state: DialState, target: Target, nowMs: number): DialRefusal | undefined {
  const common = commonRefusal(state, target)
  if (common) return common
  if (state.persistent.has(target.id)) return 'persistent'
  const past = pastOf(state, target.id, nowMs)
  if (past && nowMs < past.nextAtMs) return past.refusal
  if (state.judge?.(target)) return 'discouraged'
  if (groupInUse(state, target.group)) return 'group in use'
  return undefined
}

/** When a refusal is over by time alone, in milliseconds of the clock; `Infinity`: never; `undefined`: by an event. */
export function refusalEnd(state: DialState, id: string, refusal: DialRefusal, nowMs: number): number | undefined {
  switch (refusal) {
    case 'dialed recently':
    case 'backing off':
    case 'told to stay away':
      return pastOf(state, id, nowMs)?.nextAtMs
    case 'self':
    case 'no port':
    case 'not public':
    case 'outside net restriction':
      return Infinity
    default:
      return undefined
  }
}

/** The reasons that hold for persistent nodes, too. */
export function commonRefusal(state: DialState, target: Target): DialRefusal | undefined {
  const { id, endpoint } = target
  if (id === state.selfId) return 'self'
  if (endpoint?.port === 0) return 'no port'
  if (state.dialing.has(id)) return 'already dialing'
  if (peerOf(state, id)) return 'already connected'
  if (state.inbound.has(id)) return 'pending inbound'
  if (endpoint && state.policy.restrict && !state.policy.restrict(endpoint)) return 'outside net restriction'
  if (state.judge?.(target) === 'banned') return 'banned'
  return undefined
}

function groupInUse(state: DialState, group: string | undefined): boolean {
  if (group === undefined || !state.policy.onePerGroup) return false
  for (const peer of state.peers.values()) if (peer.group === group) return true
  for (const { target } of state.dialing.values()) if (target.group === group) return true
  return false
}

/**
 * Whether a port makes a candidate wait until there are no others: a port anybody can choose is a cheap way to many
 * addresses.
 */
export function isLate({ endpoint, group }: Target): boolean {
  const usual = endpoint && USUAL_PORTS[endpoint.scheme]
  return group !== undefined && usual !== undefined && (endpoint as Endpoint).port !== usual
}
