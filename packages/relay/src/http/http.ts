// What a WebSocket listener of the relay answers to plain HTTP: its addresses, and the page.
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Endpoint } from '@peerwire/core'
import { type AddressFacts, addressesFor, bridgeEntries, type SeenAt } from '../relay/public-addresses.ts'
import { clientName, version } from '../version.ts'
import { servePage } from './page-files.ts'
import { plainText } from './plain-text.ts'

export const WELL_KNOWN_PATH = '/.well-known/peerwire'

export interface HttpOptions {
  /** Of the listener that is asked; absent until it is open. */
  readonly listener: () => Endpoint | undefined
  readonly facts: () => AddressFacts
  /** The folder of the built page; absent with `--no-page`. */
  readonly pageFolder: string | undefined
  readonly trustProxy: boolean
}

/** A handler for the listener's `request` hook: answers `false` to leave a request to it. */
export function createHttp(options: HttpOptions): (request: IncomingMessage, response: ServerResponse) => boolean {
  return (request, response) => {
    const path = request.url?.split(/[?#]/, 1)[0]
    const isWellKnown = path === WELL_KNOWN_PATH
    if (!isWellKnown && options.pageFolder === undefined) return false
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      plainText(response, 405, 'only GET and HEAD', { Allow: 'GET, HEAD', Connection: 'close' })
    } else if (isWellKnown) answerWellKnown(options, request, response)
    else servePage(options.pageFolder!, request, response).catch(() => response.destroy())
    return true
  }
}

function answerWellKnown(
  { facts, listener, trustProxy }: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const known = facts()
  const seenAt = seenBy(request, listener(), trustProxy)
  const body = JSON.stringify({
    name: clientName,
    version,
    addresses: addressesFor(known, seenAt),
    bridge: bridgeEntries(known, seenAt),
    record: known.record,
  })
  response.writeHead(200, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

// The Host header is the client's word, and what is made of it goes to that client alone.
function seenBy({ headers }: IncomingMessage, listener: Endpoint | undefined, trustProxy: boolean): SeenAt | undefined {
  if (!listener) return undefined
  const match = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::(\d{1,5}))?$/i.exec(headers.host ?? '')
  const forwarded = trustProxy ? headers['x-forwarded-proto'] : undefined
  const scheme = forwarded === 'https' ? 'wss' : forwarded === 'http' ? 'ws' : listener.scheme
  if (!match) return { listener, scheme, host: listener.host, port: listener.port }
  const host = match[1]!.replace(/^\[|\]$/g, '').toLowerCase()
  const port = match[2] === undefined ? (scheme === 'wss' ? 443 : 80) : Number(match[2])
  return { listener, scheme, host, port }
}
