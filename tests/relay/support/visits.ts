// Visitors who open a WebSocket and leave before any handshake.
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { WEBSOCKET_PROTOCOL } from '@peerwire/transport-ws'

/** Comes and goes `count` times, one after another. */
export async function comeAndGo(httpUrl: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const ws = new WebSocket(httpUrl.replace(/^http/, 'ws'), WEBSOCKET_PROTOCOL)
    ws.on('error', () => undefined) // a flood is dropped without an answer
    ws.on('open', () => ws.terminate())
    // oxlint-disable-next-line no-await-in-loop -- visitors of one moment would be another test
    await once(ws, 'close')
  }
}
