// An address as the book keeps it: a network by its number in BIP155, bytes, port, transport and path.
import { fromHex, toHex } from '../base/bytes.ts'
import { hasPrefix, parseIp } from './ip.ts'
import { isOddNumber } from './routability.ts'

/** Networks by number: 1 to 6 are BIP155's, `name` (host names) is from the range that nobody else uses. */
export const NetworkId = { ipv4: 1, ipv6: 2, torV2: 3, torV3: 4, i2p: 5, cjdns: 6, name: 0xf0 } as const
export type NetworkId = (typeof NetworkId)[keyof typeof NetworkId]

/** What carries the bytes. */
export type AddressTransport = 'tcp' | 'ws' | 'wss'

/** Where a peer may be; says nothing of who is there. Never changed once made. */
export interface NetworkAddress {
  /** Tor v2 is no more: such addresses are read and dropped. */
  readonly network: Exclude<NetworkId, 3>
  /** As BIP155 has them; of a name its ASCII in lower case. */
  readonly bytes: Uint8Array
  /** 0 for I2P. */
  readonly port: number
  readonly transport: AddressTransport
  /** Starts with `/` and is visible ASCII; empty for tcp. */
  readonly path: string
}

/** Bytes of an address in networks where all have the same length (BIP155). */
export const ADDRESS_BYTES: Readonly<Record<number, number>> = { 1: 4, 2: 16, 3: 10, 4: 32, 5: 32, 6: 16 }

/** Most bytes of any address, known or not (BIP155). */
export const MAX_ADDRESS_BYTES = 512

/** Most bytes of a path: room for `/reach/` and 32 bytes in base64url, with as much again. */
export const MAX_PATH_BYTES = 64

/** Most bytes of a host name, without the root's dot (RFC 1035). */
const MAX_NAME_BYTES = 253

const ONION_CAT: readonly number[] = [0xfd, 0x87, 0xd8, 0x7e, 0xeb, 0x43]
const TRANSPORTS: readonly string[] = ['tcp', 'ws', 'wss']
const NAME = /^[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/
const PATH = /^\/[!-"$-~]*$/
const KEY = /^(\d{1,3}) (tcp|ws|wss) ([^ :/]*):(\d{1,5})(\/.*)?$/

/** What is to be done with an address that a stranger sent. */
export type AddressVerdict = 'keep' | 'skip' | 'invalid'

/**
 * Judges a network and address bytes by BIP155's rules: `invalid` makes the whole message invalid, `skip` only this
 * entry (a network that is unknown or gone, an IPv6 address that stands for another network).
 */
export function judgeAddress(network: number, bytes: Uint8Array): AddressVerdict {
  if (bytes.length > MAX_ADDRESS_BYTES) return 'invalid'
  if (network === NetworkId.name) return isHostName(bytesToAscii(bytes)) ? 'keep' : 'invalid'
  const length = ADDRESS_BYTES[network]
  if (length === undefined) return 'skip'
  if (bytes.length !== length) return 'invalid'
  if (network === NetworkId.torV2) return 'skip'
  if (network === NetworkId.cjdns) return bytes[0] === 0xfc ? 'keep' : 'skip'
  if (network === NetworkId.ipv6 && (hasPrefix(bytes, ONION_CAT, 48) || isIpv4Mapped(bytes))) return 'skip'
  return 'keep'
}

/** Whether a text is a path that an address may have with this transport. */
export function isAddressPath(path: string, transport: AddressTransport): boolean {
  return transport === 'tcp' ? path === '' : path.length <= MAX_PATH_BYTES && PATH.test(path)
}

/** Whether the path of an address says more than where: a stranger's query could make a service do something. */
export function hasQuery({ path }: NetworkAddress): boolean {
  return path.includes('?')
}

/** Whether a text is a host name in the form that is compared, and nothing that has a network of its own. */
export function isHostName(name: string): boolean {
  if (name.length > MAX_NAME_BYTES || !NAME.test(name)) return false
  return !isOddNumber(name) && parseIp(name) === undefined && !/\.(onion|i2p)$/.test(name)
}

/** Makes an address of its parts; `undefined` when one of them can't be. The bytes are kept, not copied. */
export function createNetworkAddress(parts: {
  readonly network: number
  readonly bytes: Uint8Array
  readonly port: number
  readonly transport: AddressTransport
  readonly path?: string
}): NetworkAddress | undefined {
  const { network, bytes, port, transport, path = '' } = parts
  if (judgeAddress(network, bytes) !== 'keep' || !isAddressPath(path, transport)) return undefined
  const least = network === NetworkId.i2p ? 0 : 1
  if (!Number.isInteger(port) || port < least || port > 65_535) return undefined
  return { network: network as NetworkAddress['network'], bytes, port, transport, path }
}

/**
 * The identity of an address as a text, to compare and to store: two addresses are the same when their keys are. It is
 * printable: `1 tcp 01020304:30303`, `240 wss relay.example:443/`.
 */
export function addressKey({ network, bytes, port, transport, path }: NetworkAddress): string {
  const host = network === NetworkId.name ? bytesToAscii(bytes) : toHex(bytes)
  return `${network} ${transport} ${host}:${port}${path}`
}

/** The address of a key; `undefined` for anything else. */
export function addressOfKey(key: string): NetworkAddress | undefined {
  const match = KEY.exec(key)
  if (!match || !TRANSPORTS.includes(match[2]!)) return undefined
  const network = Number(match[1])
  const host = match[3]!
  const isHex = host.length % 2 === 0 && /^[0-9a-f]*$/.test(host)
  if (network !== NetworkId.name && !isHex) return undefined
  const bytes = network === NetworkId.name ? asciiToBytes(host) : fromHex(host)
  const transport = match[2] as AddressTransport
  const address = createNetworkAddress({ network, bytes, port: Number(match[4]), transport, path: match[5] ?? '' })
  // One address, one key: no leading zeros.
  return address && addressKey(address) === key ? address : undefined
}

/** The bytes of a text whose characters are all below 256. */
export function asciiToBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i)
  return bytes
}

/** The text that has a character for each byte. */
export function bytesToAscii(bytes: Uint8Array): string {
  // Spreading goes through an iterator and takes six times as long.
  const text: unknown = Reflect.apply(String.fromCharCode, undefined, bytes)
  return String(text)
}

function isIpv4Mapped(bytes: Uint8Array): boolean {
  return hasPrefix(bytes, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff], 96)
}
