// Node URLs, `enode://KEY@host:tcp?discport=udp`, in the forms that go-ethereum reads and prints.
import { formatIp, fromHex, parseIp, toHex } from '@peerwire/core'
import type { Crypto } from '@peerwire/core'

/** What a node URL says. */
export interface NodeUrl {
  /** 64 bytes. */
  readonly publicKey: Uint8Array
  /** An IP address as text, or a name; absent in the short form, which has the key alone. */
  readonly host?: string | undefined
  readonly tcp: number
  readonly udp: number
}

/** Characters of the longest URL that is read; names have at most 253. */
const MAX_TEXT = 1024
const FORM = /^enode:\/\/([^@/?#]*)@(\[[^\]]*\]|[^\s\p{C}:@/?#[\]]+):(\d{1,5})\/?(?:\?([^#\s]*))?$/iu
const SHORT_FORM = /^(?:enode:\/\/)?([0-9a-f]+)\/?$/i

/**
 * Reads a node URL, complete or short (`enode://KEY`, or the bare key).
 *
 * @throws {TypeError} naming what is wrong with the text, a key that is no point of secp256k1 included
 */
export function parseNodeUrl(text: string, crypto: Crypto): NodeUrl {
  if (text.length > MAX_TEXT) throw new TypeError(`a node URL of ${text.length} characters`)
  const short = SHORT_FORM.exec(text)
  if (short) return { publicKey: parseKey(short[1]!, crypto), tcp: 0, udp: 0 }
  const match = FORM.exec(text)
  if (!match) throw new TypeError('a node URL is written as enode://KEY@host:port, or with ?discport=UDPPORT')
  const tcp = parsePort('port', match[3]!)
  const discport = new URLSearchParams(match[4] ?? '').get('discport')
  const udp = discport === null || discport === '' ? tcp : parsePort('discport', discport)
  return { publicKey: parseKey(match[1]!, crypto), host: parseHost(match[2]!), tcp, udp }
}

/** The written form; `discport` where it differs from the TCP port, the short form where there is no host. */
export function formatNodeUrl({ publicKey, host, tcp, udp }: NodeUrl): string {
  const key = toHex(publicKey)
  if (host === undefined) return `enode://${key}`
  const written = host.includes(':') ? `[${host}]` : host
  return `enode://${key}@${written}:${tcp}${udp === tcp ? '' : `?discport=${udp}`}`
}

function parseKey(hex: string, crypto: Crypto): Uint8Array {
  if (!/^[0-9a-f]{128}$/i.test(hex))
    throw new TypeError(`a public key has 128 hex digits, not ${hex.length} characters`)
  const publicKey = fromHex(hex)
  if (!crypto.isPublicKey(publicKey)) throw new TypeError('the public key is no point of secp256k1')
  return publicKey
}

// The one form in which addresses are compared.
function parseHost(text: string): string {
  const host = text.replace(/^\[|\]$/g, '').toLowerCase()
  const ip = parseIp(host)
  if (ip) return formatIp(ip)
  if (text.startsWith('[')) throw new TypeError(`${text} is no IPv6 address`)
  return host
}

function parsePort(name: string, text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new TypeError(`${name} must be a number from 0 to 65535, not ${text}`)
  return port
}
