// The relay's listeners as transports: those that were asked for, or the usual two on the next free ports.
import { type Endpoint, formatEndpoint, type Listener, type Transport } from '@peerwire/core'

/** Ports tried one after another where none was asked for; more than a few relays on one machine name theirs. */
const PORTS_TRIED = 20

/** go-ethereum's port. */
export const DEFAULT_TCP: Endpoint = { scheme: 'tcp', host: '127.0.0.1', port: 30_303 }
export const DEFAULT_WS: Endpoint = { scheme: 'ws', host: '127.0.0.1', port: 30_380, path: '/' }

/** Makes a transport that listens on one endpoint, given as text. */
export type MakeTransport = (listen: string) => Transport

/** A transport that listens on exactly this endpoint. */
export function listenOn(endpoint: Endpoint, make: MakeTransport): Transport {
  return make(formatEndpoint(endpoint))
}

/** A transport that listens on this endpoint or, where its port is taken, on the next free one. */
export function listenNear(endpoint: Endpoint, make: MakeTransport): Transport {
  return {
    ...listenOn(endpoint, make),
    listen: async (handlers) => {
      let taken: unknown
      for (let port = endpoint.port; port < endpoint.port + PORTS_TRIED; port++) {
        try {
          return (await listenOn({ ...endpoint, port }, make).listen?.(handlers)) ?? []
        } catch (error) {
          if (!isTaken(error)) throw error
          taken ??= error
        }
      }
      throw taken
    },
  }
}

/** A transport whose listeners are told to `opened` before the first connection can be served. */
export function noteListeners(transport: Transport, opened: (listeners: readonly Listener[]) => void): Transport {
  return {
    ...transport,
    listen: async (handlers) => {
      const listeners = (await transport.listen?.(handlers)) ?? []
      opened(listeners)
      return listeners
    },
  }
}

function isTaken(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
}
