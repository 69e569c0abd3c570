// Connections of a listener of ours until their upgrade: each has a place at the node's door, and little time.
import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { ListenHandlers, Timer, WaitingPlace } from '@peerwire/core'
import { plainAddress } from './forwarded.ts'
import type { Settings } from './options.ts'

/**
 * From the accepted connection to the upgrade or first request, TLS included, and from each request to its end; a
 * browser on a slow path needs about one second.
 */
export const UPGRADE_TIMEOUT_MS = 5_000

/** Life of a connection that asks for pages and such: whoever takes that long has an upgrade to make, or nothing. */
export const PLAIN_LIFE_MS = 60_000

export interface Visitors {
  enter(socket: Socket): void
  /** It has sent a request that is no upgrade, by which a proxy may say whose it is. */
  asked(request: IncomingMessage): void
  /** It is upgraded: whatever takes it over sees to its time. */
  leave(socket: Socket): void
  /** Ends all. */
  close(): void
}

interface Visitor {
  readonly socket: Socket
  readonly sinceMs: number
  readonly place: WaitingPlace | undefined
  timer: Timer
}

// Keyed by the remote's address, since a TLS socket and the TCP socket below it are two objects.
export function createVisitors({ clock, proxies }: Settings, handlers: ListenHandlers): Visitors {
  const visitors = new Map<string, Visitor>()
  const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress}|${remotePort}`
  const forget = (key: string): void => {
    const visitor = visitors.get(key)
    visitors.delete(key)
    visitor?.timer.cancel()
    visitor?.place?.leave()
  }
  return {
    enter: (socket) => {
      // It may be gone already, and then says no more where it was.
      if (socket.remoteAddress === undefined) return void socket.destroy()
      const key = keyOf(socket)
      forget(key)
      const end = (): void => void socket.destroy()
      const place = handlers.waits?.(remoteOf(socket), end)
      const visitor = { socket, place, sinceMs: clock.now(), timer: clock.setTimer(UPGRADE_TIMEOUT_MS, end) }
      visitors.set(key, visitor)
      socket.once('close', () => {
        if (visitors.get(key) === visitor) forget(key)
      })
    },
    asked: (request) => {
      const visitor = visitors.get(keyOf(request.socket))
      if (!visitor) return
      visitor.timer.cancel()
      const restMs = visitor.sinceMs + PLAIN_LIFE_MS - clock.now()
      visitor.timer = clock.setTimer(Math.max(0, restMs), () => visitor.socket.destroy())
      visitor.place?.move(proxies.remoteOf(request))
    },
    leave: (socket) => forget(keyOf(socket)),
    close: () => {
      for (const { socket } of visitors.values()) socket.destroy()
    },
  }
}

/** `host:port` of the socket itself. */
export function remoteOf({ remoteAddress = 'unknown', remotePort = 0 }: Socket): string {
  const address = plainAddress(remoteAddress)
  return `${address.includes(':') ? `[${address}]` : address}:${remotePort}`
}
