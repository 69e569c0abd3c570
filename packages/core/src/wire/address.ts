// The one written form of an address: `scheme://<128 hex of the public key>@host:port/path`.
import { fromHex, shorten, toHex } from '../base/bytes.ts'

/** Where a byte pipe is. Says nothing of who is there. */
export interface Endpoint {
  /** `tcp`, `ws`, `wss`, or the name of a transport of one's own. */
  readonly scheme: string
  /** A name or an address; IPv6 without brackets. */
  readonly host: string
  readonly port: number
  /** Starts with `/`; absent where the transport has none (tcp). */
  readonly path?: string
}

/** Whom we will speak with, and where. */
export interface Address {
  /** 64 bytes x‖y. */
  readonly publicKey: Uint8Array
  readonly endpoint: Endpoint
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { ws: 80, wss: 443, enode: 30303, tcp: 30303 }
// No part holds anything invisible: what is read here is printed.
const FORM =
  /^([a-z][a-z0-9+.-]*):\/\/(?:([^@/?#]*)@)?(\[[0-9a-f:.]+\]|[^\s\p{C}:@/?#[\]]+)(?::(\d{1,5}))?([/?#][^\s\p{C}]*)?$/iu

/**
 * Reads an address with its key, such as `wss://KEY@relay.example/` or `enode://KEY@127.0.0.1:30303`.
 *
 * `enode` means TCP, as in go-ethereum; a `discport` is accepted and left out.
 * @throws {TypeError} naming what is wrong with the text
 */
export function parseAddress(text: string): Address {
  const { user, endpoint } = split(text)
  if (user === undefined) throw new TypeError(`address without a public key: ${shorten(text)}`)
  if (!/^[0-9a-f]{128}$/i.test(user)) {
    throw new TypeError(`public key must be 128 hex digits, not ${user.length} characters: ${shorten(text)}`)
  }
  return { publicKey: fromHex(user), endpoint }
}

/** Reads an endpoint without a key, such as `ws://127.0.0.1:4000`. @throws {TypeError} */
export function parseEndpoint(text: string): Endpoint {
  const { user, endpoint } = split(text)
  if (user !== undefined) throw new TypeError(`a key does not belong here: ${shorten(text)}`)
  return endpoint
}

/** The written form; TCP is written as `enode`. */
export function formatAddress({ publicKey, endpoint }: Address): string {
  const scheme = endpoint.scheme === 'tcp' ? 'enode' : endpoint.scheme
  return `${scheme}://${toHex(publicKey)}@${formatHost(endpoint)}${endpoint.path ?? ''}`
}

/** The written form of an endpoint, as a URL without a key. */
export function formatEndpoint(endpoint: Endpoint): string {
  return `${endpoint.scheme}://${formatHost(endpoint)}${endpoint.path ?? ''}`
}

function formatHost({ host, port }: Endpoint): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function split(text: string): { readonly user: string | undefined; readonly endpoint: Endpoint } {
  if (text.length > 1024) throw new TypeError(`address of ${text.length} characters: ${shorten(text)}`)
  const match = FORM.exec(text)
  if (!match) throw new TypeError(`not an address (scheme://KEY@host:port/path): ${shorten(text)}`)
  const written = match[1]!.toLowerCase()
  const scheme = written === 'enode' ? 'tcp' : written
  const port = match[4] === undefined ? DEFAULT_PORTS[scheme] : Number(match[4])
  if (port === undefined) throw new TypeError(`address without a port: ${shorten(text)}`)
  if (port > 65_535) throw new TypeError(`port ${port} is past 65535: ${shorten(text)}`)
  const host = match[3]!.replace(/^\[|\]$/g, '').toLowerCase()
  const rest = match[5]
  if (scheme === 'ws' || scheme === 'wss') {
    if (rest?.includes('#')) throw new TypeError(`a fragment does not belong in an address: ${shorten(text)}`)
    return {
      user: match[2],
      endpoint: { scheme, host, port, path: rest === undefined ? '/' : rest.startsWith('/') ? rest : `/${rest}` },
    }
  }
  if (scheme === 'tcp') {
    if (rest !== undefined && !/^\/?(\?discport=\d{1,5})?$/.test(rest)) {
      throw new TypeError(`a TCP address has no path: ${shorten(text)}`)
    }
    return { user: match[2], endpoint: { scheme, host, port } }
  }
  return { user: match[2], endpoint: rest === undefined ? { scheme, host, port } : { scheme, host, port, path: rest } }
}
