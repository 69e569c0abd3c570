// What both ends of a peerwire WebSocket agree on, in browsers and in Node.
import { DiscReason, type Endpoint, formatEndpoint, PeerError, readRefusal } from '@peerwire/core'

/**
 * The one subprotocol: an ordered stream of bytes in binary messages of any split. A client that doesn't offer it is
 * refused.
 */
export const WEBSOCKET_PROTOCOL = 'peerwire.1'

/**
 * Largest message we send. WebSocket messages are not frames of ours, so larger writes are cut; small enough that a
 * relay that buffers whole messages holds little, large enough that the 14 bytes of header don't count.
 */
export const MESSAGE_BYTES = 65_536

/** Close code of an end in order. */
export const NORMAL_CLOSURE = 1000

/**
 * Close codes that say: ended in order. 1001 is a page that goes away or a server that stops, 1005 a close without a
 * code.
 */
export function isOrderly(code: number): boolean {
  return code === NORMAL_CLOSURE || code === 1001 || code === 1005
}

/** What a close code that is not orderly means for the link. */
export function lossOf(code: number, text: string): PeerError {
  const refusal = readRefusal(code, text)
  if (refusal) return refusal
  const what = code === 1006 ? 'without a close frame' : `with close code ${code}${text === '' ? '' : ` (${text})`}`
  return new PeerError('link lost', DiscReason.networkError, `the WebSocket ended ${what}`)
}

/** The remote sent a text message. */
export function textMessageError(): PeerError {
  return new PeerError('bad frame', DiscReason.breachOfProtocol, 'a text message where only binary ones belong')
}

/** @param why - a clause that follows the URL */
export function dialError(endpoint: Endpoint, why: string, cause?: unknown): PeerError {
  const message = `${formatEndpoint(endpoint)} ${why}`
  return new PeerError('dial failed', DiscReason.networkError, message, cause === undefined ? {} : { cause })
}

/** Whether a WebSocket can be made for this endpoint. */
export function isWebSocketEndpoint({ scheme }: Endpoint): boolean {
  return scheme === 'ws' || scheme === 'wss'
}

/** Cuts `chunk` into messages: views, in order. */
export function forEachMessage(chunk: Uint8Array, send: (message: Uint8Array) => void): void {
  if (chunk.length <= MESSAGE_BYTES) return send(chunk)
  for (let at = 0; at < chunk.length; at += MESSAGE_BYTES) send(chunk.subarray(at, at + MESSAGE_BYTES))
}
