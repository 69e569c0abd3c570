// Which upgrades are refused, and in which words: after the upgrade, since a page can read nothing of a refused one.
import type { IncomingMessage } from 'node:http'
import { RefusalCode, refusalText } from '@peerwire/core'
import { isOriginAllowed, type OriginRules } from './origins.ts'
import { WEBSOCKET_PROTOCOL } from './wire.ts'

/** After these seconds the operator may have changed what the listener takes. */
const RETRY_S = 300

/** A close code and its reason. */
export interface RefusedUpgrade {
  readonly code: number
  readonly text: string
}

/**
 * Whether a request may be upgraded for good, by its origin and what it offers.
 *
 * @param path - what is served; left out where the caller looks itself
 */
export function refusalOf(
  request: IncomingMessage,
  { path, ...rules }: OriginRules & { readonly path?: string | undefined },
): RefusedUpgrade | undefined {
  if (path !== undefined && request.url?.split('?', 1)[0] !== path) {
    return { code: RefusalCode.absent, text: refusalText('absent', 'there is nothing at this path', RETRY_S) }
  }
  if (!isOriginAllowed(request, rules)) {
    return { code: RefusalCode.declined, text: refusalText('origin', 'pages of this origin may not connect', RETRY_S) }
  }
  const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim())
  if (offered?.includes(WEBSOCKET_PROTOCOL)) return undefined
  const words = `the subprotocol ${WEBSOCKET_PROTOCOL} must be offered`
  return { code: RefusalCode.badRequest, text: refusalText('bad request', words, RETRY_S) }
}

/** What the upgrade's answer names: ours, or any of theirs, without which a browser would never see the refusal. */
export function chooseProtocol(offered: ReadonlySet<string>): string | false {
  if (offered.has(WEBSOCKET_PROTOCOL)) return WEBSOCKET_PROTOCOL
  for (const first of offered) return first
  return false
}
