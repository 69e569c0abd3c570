// A SOCKS5 proxy for tests that writes down what it was asked, and answers as it is told.
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'

/** What one client asked for. */
export interface SocksRequest {
  readonly user: string
  readonly password: string
  /** 1 IPv4, 3 name, 4 IPv6. */
  readonly kind: number
  readonly host: string
  readonly port: number
}

export interface SocksServer {
  readonly url: string
  readonly requests: readonly SocksRequest[]
  close(): void
}

export interface SocksOptions {
  /** Where all connections lead; without it to where the client asks. */
  readonly target?: { readonly host: string; readonly port: number } | undefined
  /** Writes what the proxy says to its client; default in one piece. */
  readonly write?: (socket: Socket, bytes: Uint8Array) => void
  readonly method?: number
  /** Address that the reply tells; default an IPv4 one. */
  readonly bound?: readonly number[]
}

/** Opens a proxy on a free port of 127.0.0.1. */
export async function openSocksServer(options: SocksOptions = {}): Promise<SocksServer> {
  const { method = 2, bound = [1, 0, 0, 0, 0, 0, 0], write = (socket, bytes) => void socket.write(bytes) } = options
  const requests: SocksRequest[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    void serve(socket).catch(() => socket.destroy())
  })

  async function serve(socket: Socket): Promise<void> {
    const read = reader(socket)
    const [, count] = await read(2)
    await read(count!)
    write(socket, Uint8Array.of(5, method))
    let [user, password] = ['', '']
    if (method === 2) {
      user = String(await read((await read(2))[1]!))
      password = String(await read((await read(1))[0]!))
      write(socket, Uint8Array.of(1, 0))
    }
    const kind = (await read(4))[3]!
    const bytes = await read(kind === 1 ? 4 : kind === 4 ? 16 : (await read(1))[0]!)
    const host = kind === 1 ? bytes.join('.') : kind === 4 ? bytes.toString('hex') : String(bytes)
    const port = (await read(2)).readUInt16BE()
    requests.push({ user, password, kind, host, port })
    join(socket, options.target ?? { host, port })
  }

  function join(socket: Socket, target: { readonly host: string; readonly port: number }): void {
    const remote = connect(target)
    sockets.add(remote)
    remote.on('close', () => sockets.delete(remote))
    remote.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') write(socket, Uint8Array.of(5, 5, 0, 1, 0, 0, 0, 0, 0, 0))
      else socket.resetAndDestroy()
    })
    remote.once('connect', () => {
      write(socket, Uint8Array.of(5, 0, 0, ...bound))
      remote.pipe(socket).pipe(remote)
      socket.on('error', () => remote.resetAndDestroy())
    })
    socket.on('close', () => remote.destroy())
    remote.on('close', () => socket.destroySoon())
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const close = (): void => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  return { url: `socks5://127.0.0.1:${port}`, requests, close }
}

/** The same, closed with the test. */
export async function socksServer(options?: SocksOptions): Promise<SocksServer> {
  const server = await openSocksServer(options)
  onTestFinished(() => server.close())
  return server
}

/** Gives exactly so many bytes at a time. */
function reader(socket: Socket): (length: number) => Promise<Buffer> {
  return async (length) => {
    for (;;) {
      if (length === 0) return Buffer.alloc(0)
      const bytes = socket.read(length) as Buffer | null
      if (bytes?.length === length) return bytes
      await new Promise<void>((resolve, reject) => {
        socket.once('readable', resolve)
        socket.once('close', () => reject(new Error('the client left')))
      })
    }
  }
}
