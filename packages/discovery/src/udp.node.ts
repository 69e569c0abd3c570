// UDP in Node, as discovery wants it.
import { createSocket } from 'node:dgram'
import type { Socket } from 'node:dgram'
import { lookup } from 'node:dns/promises'
import { checkOptions, formatIp, parseEndpoint, parseIp } from '@peerwire/core'
import type { DatagramSocket, DatagramSink, OpenDatagramSocket, UdpEndpoint } from './discv4/socket.ts'

export interface UdpOptions {
  /** `udp://127.0.0.1:30303`; port 0 takes a free one. Default: host and number of the TCP port, or a free one. */
  readonly listen?: string | undefined
}

/** Opens UDP sockets for `discovery`. @throws {TypeError} when `listen` is no such endpoint */
export function udp(options: UdpOptions = {}): OpenDatagramSocket {
  const { listen } = checkOptions('udp', options, { listen: 'text' })
  const asked = listen === undefined ? undefined : readListen(listen)
  return async (near) => {
    if (asked) return await open(asked)
    try {
      return await open(near)
    } catch (error) {
      // Nobody asked for this very port.
      if ((error as NodeJS.ErrnoException).cause === undefined || near.port === 0) throw error
      return await open({ ...near, port: 0 })
    }
  }
}

function readListen(text: string): UdpEndpoint {
  const { scheme, host, port } = parseEndpoint(text)
  if (scheme !== 'udp' || !parseIp(host)) throw new TypeError(`UDP listens on udp://IP:port, not ${text}`)
  return { host, port }
}

async function open({ host, port }: UdpEndpoint): Promise<DatagramSocket> {
  const is6 = host.includes(':')
  const socket = createSocket({ type: is6 ? 'udp6' : 'udp4' })
  await new Promise<void>((resolve, reject) => {
    socket.once('error', (cause) => {
      socket.close()
      reject(new Error(`cannot listen on udp://${is6 ? `[${host}]` : host}:${port}: ${cause.message}`, { cause }))
    })
    socket.bind(port, host, () => {
      socket.removeAllListeners('error')
      resolve()
    })
  })
  return wrap(socket, is6)
}

function wrap(socket: Socket, is6: boolean): DatagramSocket {
  const { address, port } = socket.address()
  let isClosed = false
  // What the network says of a datagram that was sent (unreachable, too long) is as good as its loss.
  socket.on('error', () => undefined)
  return {
    local: { host: plain(address), port },
    open: (sink: DatagramSink) => {
      socket.on('message', ({ buffer, byteOffset, length }, from) => {
        // A plain array: the slices of Node's own share its memory.
        sink(new Uint8Array(buffer, byteOffset, length), { host: plain(from.address), port: from.port })
      })
    },
    send: (bytes, to) => {
      const host = is6 && !to.host.includes(':') ? `::ffff:${to.host}` : to.host
      if (isClosed || to.port === 0 || (!is6 && host.includes(':'))) return
      socket.send(bytes, to.port, host, () => undefined)
    },
    lookup: async (name) => {
      try {
        return plain((await lookup(name, is6 ? {} : { family: 4 })).address)
      } catch {
        return undefined // a name that leads nowhere now may do so later
      }
    },
    close: async () => {
      if (isClosed) return
      isClosed = true
      await new Promise<void>((resolve) => socket.close(() => resolve()))
    },
  }
}

// IPv4 through an IPv6 socket is IPv4; a zone says nothing to others.
function plain(address: string): string {
  const ip = parseIp(address.replace(/%.*$/, ''))
  return ip ? formatIp(ip) : address
}
