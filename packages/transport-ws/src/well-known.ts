// What a listener answers to whoever asks it over HTTP whom to dial.
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Endpoint, type ListeningNode, toHex } from '@peerwire/core'
import { WELL_KNOWN_PATH } from './resolve-node.ts'

/** Whether a request asks for the document that `resolveNode` reads. */
export function isWellKnown({ url }: IncomingMessage): boolean {
  return url?.split(/[?#]/, 1)[0] === WELL_KNOWN_PATH
}

/**
 * What a node tells of a listener. Neither scheme nor host nor port is in it, for a proxy may have changed them:
 * whoever asks has a URL that works, and `resolveNode` joins the two.
 */
export function documentOf({ name, publicKey }: ListeningNode, { path }: Endpoint): object {
  return { name, publicKey: toHex(publicKey), path }
}

/** Answers with a document that pages of every origin may read: it holds nothing that a dial does not prove. */
export function answerWellKnown(request: IncomingMessage, response: ServerResponse, document: object): void {
  const isRead = request.method === 'GET' || request.method === 'HEAD'
  const body = isRead ? JSON.stringify(document) : 'only GET and HEAD\n'
  response.writeHead(isRead ? 200 : 405, {
    'Content-Type': isRead ? 'application/json; charset=utf-8' : 'text/plain; charset=utf-8',
    'Content-Length': new TextEncoder().encode(body).length,
    'Access-Control-Allow-Origin': '*',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...(isRead ? {} : { Allow: 'GET, HEAD' }),
    Connection: 'close',
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
