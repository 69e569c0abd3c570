// Listens on a path of an HTTP(S) server that belongs to the program, beside whatever else upgrades there.
import type { IncomingMessage } from 'node:http'
import type { Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { Server as TlsServer } from 'node:tls'
import type { Endpoint, Listener, ListenHandlers } from '@peerwire/core'
import { plainAddress } from './forwarded.ts'
import type { Settings } from './options.ts'
import { createUpgrade, type Upgrade } from './upgrades.ts'
import { WEBSOCKET_PROTOCOL } from './wire.ts'

/** What takes a server's upgrades for us, by path. */
interface Attachment {
  readonly paths: Map<string, Upgrade>
  readonly detach: () => void
}

const attachments = new WeakMap<Server, Attachment>()

/**
 * Takes the upgrades of `path` that offer our subprotocol, and no other. The server's connections, requests and life
 * stay the program's: what was accepted lives on when the listener is closed, as with every listener.
 *
 * @throws {Error} when the path is taken by another listener of ours
 */
export function attach(server: Server, path: string, settings: Settings, handlers: ListenHandlers): Listener {
  const attachment = attachments.get(server) ?? intercept(server)
  const { paths, detach } = attachment
  if (paths.has(path)) throw new Error(`cannot listen at ${path} of the server: another listener has it`)
  const upgrade = createUpgrade(settings, handlers, path)
  paths.set(path, upgrade)
  return {
    // The server may begin to listen later.
    get endpoint() {
      return endpointOf(server, path)
    },
    close: () => {
      if (paths.get(path) === upgrade) paths.delete(path)
      if (paths.size === 0) detach()
      return Promise.resolve()
    },
  }
}

// Others' listeners must not see what is ours: each of `ws` answers whatever comes, by a refusal or as its own, and
// there is no order in which two of them can have one socket. So ours are taken out before the event is told.
function intercept(server: Server): Attachment {
  const paths = new Map<string, Upgrade>()
  const emit = server.emit
  const ownEmit = Object.getOwnPropertyDescriptor(server, 'emit')
  const tell = (name: string, ...args: unknown[]): boolean => {
    const take = name === 'upgrade' ? ours(server, paths, args[0] as IncomingMessage) : undefined
    if (!take) return Reflect.apply(emit, server, [name, ...args]) as boolean
    const [request, socket, head] = args as [IncomingMessage, Duplex, Buffer]
    socket.on('error', () => socket.destroy())
    take(request, socket, head)
    return true
  }
  server.emit = tell as Server['emit']
  // Without a listener Node takes an upgrade for a plain request.
  server.on('upgrade', unclaimed)
  const detach = (): void => {
    attachments.delete(server)
    server.off('upgrade', unclaimed)
    // Whoever has replaced ours since then keeps it, and it passes all on.
    if (server.emit !== tell) return
    if (ownEmit) Object.defineProperty(server, 'emit', ownEmit)
    else Reflect.deleteProperty(server, 'emit')
  }
  const attachment = { paths, detach }
  attachments.set(server, attachment)
  return attachment
}

/** With others beside it, an upgrade of our path without our subprotocol is theirs: Vite's own has `/`, too. */
function ours(server: Server, paths: ReadonlyMap<string, Upgrade>, request: IncomingMessage): Upgrade | undefined {
  const upgrade = paths.get(request.url?.split('?', 1)[0] ?? '')
  const offered = request.headers['sec-websocket-protocol']?.split(',').map((name) => name.trim())
  return offered?.includes(WEBSOCKET_PROTOCOL) || isAlone(server) ? upgrade : undefined
}

/** Nobody answers for other paths: they get an end, as from a server without WebSockets. */
function unclaimed(this: Server, _request: IncomingMessage, socket: Duplex): void {
  if (!isAlone(this)) return
  socket.on('error', () => socket.destroy())
  socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
}

function isAlone(server: Server): boolean {
  return server.listenerCount('upgrade') <= 1
}

function endpointOf(server: Server, path: string): Endpoint {
  const scheme = server instanceof TlsServer ? 'wss' : 'ws'
  const at = server.address()
  if (typeof at !== 'object' || at === null) return { scheme, host: 'localhost', port: 0, path }
  return { scheme, host: plainAddress(at.address), port: at.port, path }
}
