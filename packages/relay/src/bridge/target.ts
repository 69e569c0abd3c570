// What the operator lets the bridge join a WebSocket to: a name and a TCP endpoint, nothing that a client could choose.
import { type Endpoint, parseAddress, parseEndpoint } from '@peerwire/core'
import { checkPlace } from '../command/places.ts'

/** A name in a URL's path, long enough for a host's name. */
const ALIAS = /^[a-z0-9][a-z0-9._-]{0,62}$/

export interface BridgeTarget {
  readonly alias: string
  /** TCP. */
  readonly endpoint: Endpoint
  /** Of the node that listens there; absent when only host and port were given. */
  readonly publicKey: Uint8Array | undefined
}

/** Reads `ALIAS=enode://KEY@host:port` or `ALIAS=host:port`. @throws {TypeError} */
export function parseBridgeTarget(text: string): BridgeTarget {
  const equals = text.indexOf('=')
  const alias = text.slice(0, Math.max(0, equals))
  if (!ALIAS.test(alias)) {
    throw new TypeError(
      `a target is ALIAS=enode://KEY@host:port or ALIAS=host:port, with an alias of a-z, 0-9, ., _ and -: ${text}`,
    )
  }
  const target = text.slice(equals + 1)
  const { endpoint, publicKey } = readTarget(target)
  if (endpoint.scheme !== 'tcp') throw new TypeError(`a bridge leads to TCP only (enode:// or host:port): ${target}`)
  checkPlace(endpoint)
  if (endpoint.port === 0) throw new TypeError(`a target needs a port: ${target}`)
  return { alias, endpoint, publicKey }
}

function readTarget(text: string): { readonly endpoint: Endpoint; readonly publicKey: Uint8Array | undefined } {
  if (!text.includes('://')) return { endpoint: parseEndpoint(`tcp://${withPort(text)}`), publicKey: undefined }
  if (text.includes('@')) return parseAddress(text)
  return { endpoint: parseEndpoint(text), publicKey: undefined }
}

function withPort(text: string): string {
  if (!/:\d{1,5}$/.test(text)) throw new TypeError(`a target needs a port: ${text}`)
  return text
}
