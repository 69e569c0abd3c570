// Which proxy an endpoint is reached through, and the way through it.
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { DiscReason, type Endpoint, parseIp, PeerError, toHex } from '@peerwire/core'
import { createSocksClient } from './socks5.ts'
import type { Credentials, SocksClient } from './socks5.ts'

/** Random bytes of a user and of a password: enough that no two connections share a circuit. */
const ISOLATION_BYTES = 16

/** SOCKS5 proxies such as `socks5://127.0.0.1:9050`, by the network of what is dialed. */
export interface Proxies {
  /** Tor's onion services; without a proxy they can't be dialed. */
  readonly onion?: string | undefined
  /** Names; the proxy looks them up, this machine never does. */
  readonly names?: string | undefined
  readonly ipv4?: string | undefined
  readonly ipv6?: string | undefined
  /** Everything that has no entry of its own. */
  readonly all?: string | undefined
}

export interface Proxy {
  readonly host: string
  readonly port: number
  /** Given in the URL; absent where each connection has fresh ones. */
  readonly credentials: Credentials | undefined
}

export type ProxyChoice = (host: string) => Proxy | undefined

export type Network = Exclude<keyof Proxies, 'all'> | 'i2p'

export function networkOf(host: string): Network {
  const ip = parseIp(host)
  if (ip) return ip.length === 4 ? 'ipv4' : 'ipv6'
  const name = host.toLowerCase().replace(/\.$/, '')
  if (name.endsWith('.onion')) return 'onion'
  return name.endsWith('.i2p') ? 'i2p' : 'names'
}

/** @throws {TypeError} when a proxy is not `socks5://host:port` */
export function readProxies(proxies: Proxies): ProxyChoice {
  const read = (text: string | undefined): Proxy | undefined => (text === undefined ? undefined : readProxy(text))
  const { all, ...own } = proxies
  const byNetwork = new Map<string, Proxy | undefined>(Object.entries(own).map(([key, text]) => [key, read(text)]))
  const rest = read(all)
  return (host) => byNetwork.get(networkOf(host)) ?? rest
}

function readProxy(text: string): Proxy {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const plain = url && ['socks5:', 'socks5h:'].includes(url.protocol) && url.pathname.length <= 1 && !url.search
  if (!plain || url.hostname === '') {
    throw new TypeError(`a proxy is written as socks5://host:port, not ${JSON.stringify(text)}`)
  }
  const user = new TextEncoder().encode(decodeURIComponent(url.username))
  const password = new TextEncoder().encode(decodeURIComponent(url.password))
  if (user.length > 255 || password.length > 255) {
    throw new TypeError('the user and the password of a proxy have at most 255 bytes each')
  }
  const credentials = user.length > 0 && password.length > 0 ? { user, password } : undefined
  const port = url.port === '' ? 1080 : Number(url.port)
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port, credentials }
}

/** Fresh ones for each connection make Tor use a fresh circuit, so that nobody can tell which are of one program. */
export function freshCredentials(): Credentials {
  const text = (): Uint8Array => new TextEncoder().encode(toHex(randomBytes(ISOLATION_BYTES)))
  return { user: text(), password: text() }
}

/**
 * Has the proxy connect a socket to an endpoint; afterwards the socket is the remote's, paused and without listeners.
 * An abort is the caller's business: it destroys the socket, and this rejects.
 *
 * @throws {PeerError} `dial failed`
 */
export function passProxy(socket: Socket, { host, port }: Endpoint, credentials: Credentials): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.pause()
      socket.off('data', onData).off('error', onError).off('close', onClose).off('end', onClose)
    }
    const fail = (error: unknown): void => {
      settle()
      socket.on('error', () => undefined)
      socket.destroy()
      reject(error as Error)
    }
    const onError = (cause: Error): void => fail(broken(`broke the connection: ${cause.message}`, cause))
    const onClose = (): void => fail(broken('closed the connection before it answered'))
    const onData = (chunk: Buffer): void => {
      try {
        const { send, rest } = client.feed(chunk)
        if (send) socket.write(send)
        if (!rest) return
        settle()
        if (rest.length > 0) socket.unshift(rest)
        resolve()
      } catch (error) {
        fail(error)
      }
    }
    let client: SocksClient
    try {
      client = createSocksClient(host, port, credentials)
      socket.on('data', onData).on('error', onError).on('close', onClose).on('end', onClose)
      socket.write(client.greeting)
      socket.resume()
    } catch (error) {
      fail(error)
    }
  })
}

function broken(what: string, cause?: Error): PeerError {
  return new PeerError('dial failed', DiscReason.networkError, `the proxy ${what}`, cause ? { cause } : {})
}
