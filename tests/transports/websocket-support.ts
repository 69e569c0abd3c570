// Listeners of the WebSocket transport, and clients that do what ours would not.
import type { Endpoint, Link } from '@peerwire/core'
import { webSocket, type WebSocketOptions } from '@peerwire/transport-ws'
import { onTestFinished } from 'vitest'
import { type ClientOptions, WebSocket } from 'ws'
import { TEST_CERTIFICATE, TEST_KEY } from './certificate.ts'
import { listen, type Listening } from './support.ts'

/** For `wss`: the throw-away certificate, trusted by the dialer too. */
export const tls = { key: TEST_KEY, cert: TEST_CERTIFICATE, ca: TEST_CERTIFICATE }

/** Listens on a free port of 127.0.0.1. */
export async function serve(options: WebSocketOptions = {}): Promise<Listening> {
  return await listen(webSocket({ listen: 'ws://127.0.0.1:0/', ...options }))
}

/** A client of `ws` itself, so that it can do what our own would not. */
export function rawClient({ host, port, path }: Endpoint, protocols: string[], options: ClientOptions = {}): WebSocket {
  const client = new WebSocket(`ws://${host}:${port}${path ?? '/'}`, protocols, options)
  onTestFinished(() => {
    // Ended before it was open, it says so with an error that is nobody's concern any more.
    client.on('error', () => undefined)
    client.terminate()
  })
  return client
}

/**
 * `open`, or with what it is refused: after the upgrade by a close code and a reason, before it by an error.
 *
 * @param links - those that the listener has accepted, to tell a refusal after the upgrade
 */
export async function outcomeOf(client: WebSocket, links?: readonly Link[]): Promise<string> {
  const before = links?.length
  return await new Promise((resolve) => {
    client.once('open', () => {
      // A listener has its link before its client knows that it is open.
      if (before === undefined || links!.length > before) resolve('open')
    })
    client.once('close', (code, reason) => resolve(`${code} ${reason.toString()}`))
    client.once('error', (error) => resolve(error.message))
  })
}
