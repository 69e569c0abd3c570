// Makes links of upgrades: floods are dropped before them, whoever else isn't taken is told why after them.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ListenHandlers } from '@peerwire/core'
import { WebSocketServer } from 'ws'
import { NodeWebSocketLink, socketOptions } from './node-link.ts'
import type { Settings } from './options.ts'
import { chooseProtocol, refusalOf } from './refusals.ts'

export type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

/** @param path - what is served; all else is refused as absent */
export function createUpgrade(settings: Settings, handlers: ListenHandlers, path: string | undefined): Upgrade {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    handleProtocols: chooseProtocol,
    ...socketOptions(settings.maxPayloadBytes),
  })
  return (request, socket, head) => {
    const remote = settings.proxies.remoteOf(request)
    if (handlers.admits?.(remote) === false) return void socket.destroy()
    const refusal = refusalOf(request, { ...settings, path })
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const link = new NodeWebSocketLink(ws, socket, 'inbound', remote)
      if (!refusal) handlers.link(link)
      else if (handlers.refused) handlers.refused(link, refusal.code, refusal.text)
      else link.refuse(refusal.code, refusal.text)
    })
  }
}
