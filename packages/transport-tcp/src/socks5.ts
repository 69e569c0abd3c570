// The client's half of a SOCKS5 conversation (RFC 1928, RFC 1929) as a machine: bytes in, bytes out, in any split.
import { concatBytes, DiscReason, parseIp, PeerError } from '@peerwire/core'

const VERSION = 5
const AUTH_VERSION = 1
const NO_AUTHENTICATION = 0x00
const USER_AND_PASSWORD = 0x02
const CONNECT = 0x01
const BY_IPV4 = 0x01
const BY_NAME = 0x03
const BY_IPV6 = 0x04

/** What a proxy answers instead of success; from 0xf0 on they are Tor's own, for onion services. */
const REFUSALS: ReadonlyMap<number, string> = new Map([
  [0x01, 'it failed'],
  [0x02, 'its rules do not allow this'],
  [0x03, 'the network can not be reached'],
  [0x04, 'the host can not be reached'],
  [0x05, 'the connection was refused'],
  [0x06, 'it took too many hops, or too long'],
  [0x07, 'it does not know how to connect'],
  [0x08, 'it does not know this kind of address'],
  [0xf0, 'the onion service is not known'],
  [0xf1, 'the onion service is described wrongly'],
  [0xf2, 'the onion service can not be introduced to'],
  [0xf3, 'the onion service can not be met'],
  [0xf4, 'the onion service asks for authorization'],
  [0xf5, 'the onion service refuses the authorization'],
  [0xf6, 'this is not an onion address'],
  [0xf7, 'the introduction to the onion service took too long'],
])

export interface Credentials {
  /** 1 to 255 bytes each. */
  readonly user: Uint8Array
  readonly password: Uint8Array
}

/**
 * What to do after bytes came: `send` is written to the proxy; with `rest` the way is open and these bytes are the
 * remote's.
 */
export interface SocksStep {
  readonly send?: Uint8Array
  readonly rest?: Uint8Array
}

interface Reading extends SocksStep {
  /** Bytes that were taken. */
  readonly used: number
}

export interface SocksClient {
  /** The first bytes to the proxy. */
  readonly greeting: Uint8Array
  /** Takes what came, in any split. @throws {PeerError} `dial failed` with what the proxy answered */
  feed(chunk: Uint8Array): SocksStep
}

/**
 * Asks a proxy for a connection. A name is passed on as it is and looked up by nobody here.
 *
 * @param credentials - Tor gives each pair a circuit of its own; a proxy without passwords is told none
 */
export function createSocksClient(host: string, port: number, credentials: Credentials): SocksClient {
  let buffered: Uint8Array = new Uint8Array()
  let reader: (bytes: Uint8Array) => Reading | undefined = readMethod

  function readMethod(bytes: Uint8Array): Reading | undefined {
    if (bytes.length < 2) return undefined
    if (bytes[0] !== VERSION) throw refusal(`is not a SOCKS5 proxy: it begins with 0x${hex(bytes[0]!)}`)
    if (bytes[1] === NO_AUTHENTICATION) {
      reader = readReply
      return { used: 2, send: connectRequest(host, port) }
    }
    if (bytes[1] !== USER_AND_PASSWORD) throw refusal('wants another way of authentication than none or a password')
    reader = readAuthentication
    return { used: 2, send: authenticationRequest(credentials) }
  }

  function readAuthentication(bytes: Uint8Array): Reading | undefined {
    if (bytes.length < 2) return undefined
    if (bytes[0] !== AUTH_VERSION || bytes[1] !== 0) throw refusal('refused the user and password')
    reader = readReply
    return { used: 2, send: connectRequest(host, port) }
  }

  return {
    greeting: Uint8Array.of(VERSION, 2, USER_AND_PASSWORD, NO_AUTHENTICATION),
    feed: (chunk) => {
      buffered = buffered.length === 0 ? chunk : concatBytes(buffered, chunk)
      const step = reader(buffered)
      if (!step) return {}
      buffered = buffered.subarray(step.used)
      // A proxy that says more than it was asked has spoken out of turn, unless the way is open.
      if (step.rest === undefined && buffered.length > 0) throw refusal('answered before it was asked')
      const { send, rest } = step
      return { ...(send && { send }), ...(rest && { rest }) }
    },
  }
}

function readReply(bytes: Uint8Array): Reading | undefined {
  // A refusal may be cut off after its number.
  if (bytes.length >= 1 && bytes[0] !== VERSION) throw refusal(`answered with 0x${hex(bytes[0]!)} in place of 5`)
  if (bytes.length >= 2 && bytes[1] !== 0) {
    throw refusal(`could not connect: ${REFUSALS.get(bytes[1]!) ?? `unknown reason 0x${hex(bytes[1]!)}`}`)
  }
  if (bytes.length < 5) return undefined
  const used = replyLength(bytes[3]!, bytes[4]!)
  if (bytes.length < used) return undefined
  return { used, rest: bytes.subarray(used) }
}

// The address in a reply says nothing to us, but it has to be read over.
function replyLength(kind: number, first: number): number {
  if (kind === BY_IPV4) return 10
  if (kind === BY_IPV6) return 22
  if (kind === BY_NAME) return 7 + first
  throw refusal(`answered with an address of unknown kind 0x${hex(kind)}`)
}

function authenticationRequest({ user, password }: Credentials): Uint8Array {
  return Uint8Array.of(AUTH_VERSION, user.length, ...user, password.length, ...password)
}

function connectRequest(host: string, port: number): Uint8Array {
  return Uint8Array.of(VERSION, CONNECT, 0, ...destination(host), port >> 8, port & 0xff)
}

function destination(host: string): readonly number[] {
  const ip = parseIp(host)
  if (ip) return [ip.length === 4 ? BY_IPV4 : BY_IPV6, ...ip]
  const name = new TextEncoder().encode(host)
  if (name.length > 255) throw refusal(`can not be asked for a name of ${name.length} bytes`)
  return [BY_NAME, name.length, ...name]
}

function refusal(what: string): PeerError {
  return new PeerError('dial failed', DiscReason.networkError, `the proxy ${what}`)
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0')
}
