// What a WebSocket listener of the relay answers to plain HTTP: its addresses, and the page.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Endpoint, toHex } from '@peerwire/core'
import { answerWellKnown, isWellKnown, type ProxyTrust } from '@peerwire/transport-ws/node'
import { type AddressFacts, addressesFor, bridgeEntries, type SeenAt } from '../relay/public-addresses.ts'
import { clientName, version } from '../version.ts'
import { type Page, servePage } from './page-files.ts'
import { plainText } from './plain-text.ts'

export interface HttpOptions {
  /** Of the listener that is asked; absent until it is open. */
  readonly listener: () => Endpoint | undefined
  readonly facts: () => AddressFacts
  /** The built page; absent with `--no-page`. */
  readonly page: Page | undefined
  readonly proxies: ProxyTrust
}

/** A handler for the listener's `request` hook: answers `false` to leave a request to it. */
export function createHttp(options: HttpOptions): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    if (isWellKnown(request)) answerWellKnown(request, response, documentFor(options, request))
    else if (options.page === undefined) return false
    else if (request.method !== 'GET' && request.method !== 'HEAD') {
      plainText(response, 405, 'only GET and HEAD', { Allow: 'GET, HEAD', Connection: 'close' })
    } else servePage(options.page, request, response).catch(() => response.destroy())
    return true
  }
}

function documentFor({ facts, listener, proxies }: HttpOptions, request: IncomingMessage): object {
  const known = facts()
  const { publicEndpoint, advertised } = known
  const own = listener()
  const seenAt = seenBy(request, own, proxies)
  // An operator who says where the relay is to be reached is believed; otherwise the asker knows best.
  const isTold = publicEndpoint !== undefined || advertised.length > 0
  return {
    name: clientName,
    version,
    publicKey: toHex(known.publicKey),
    path: isTold ? undefined : own?.path,
    addresses: addressesFor(known, seenAt),
    bridge: bridgeEntries(known, seenAt),
    record: known.record,
    notice: known.notice,
  }
}

// The Host header is the client's word, and what is made of it goes to that client alone.
function seenBy(request: IncomingMessage, listener: Endpoint | undefined, proxies: ProxyTrust): SeenAt | undefined {
  if (!listener) return undefined
  const forwarded = proxies.reachedAs(request)
  const asked = forwarded?.hosts[0] ?? request.headers.host ?? ''
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?$/i.exec(asked)
  const scheme = forwarded?.scheme === 'https' ? 'wss' : forwarded?.scheme === 'http' ? 'ws' : listener.scheme
  if (!match) return { listener, scheme, host: listener.host, port: listener.port }
  const host = match[1]!.replace(/^\[|\]$/g, '').toLowerCase()
  const port = match[2] === undefined ? (scheme === 'wss' ? 443 : 80) : Number(match[2])
  return { listener, scheme, host, port }
}
