// A loopback proxy that can stop forwarding without closing anything: what a cable pulled out, or a router that
// forgot, is like.
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface HalfOpenProxy {
  /** Where it listens on 127.0.0.1. */
  readonly port: number
  /** From now on nothing passes either way; nobody is told. */
  freeze(): void
  close(): void
}

/** Forwards connections to `target` of 127.0.0.1, until it freezes. */
export async function startHalfOpenProxy(target: number): Promise<HalfOpenProxy> {
  const sockets = new Set<Socket>()
  let frozen = false
  const forward = (from: Socket, to: Socket): void => {
    sockets.add(from)
    from.setNoDelay(true)
    from.on('error', () => undefined)
    from.on('data', (chunk: Uint8Array) => void (frozen || to.write(chunk)))
    from.on('end', () => void (frozen || to.end()))
    from.on('close', () => void (frozen || to.destroy()))
  }
  const server = createServer({ allowHalfOpen: true }, (accepted) => {
    const onward = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true })
    forward(accepted, onward)
    forward(onward, accepted)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    freeze: () => (frozen = true),
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
