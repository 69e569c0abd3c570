// Addresses and endpoints as people type them: with a host that can be one, and a port that can be dialed.
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { type Address, type Endpoint, parseAddress, parseEndpoint } from '@peerwire/core'

/** RFC 1123 and the underscores of services; what ends in a number is an IPv4 address or nothing. */
const NAME =
  /^(?=.{1,253}$)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*(?=[^.]*[a-z_])[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.?$/

/** Reads an address to dial. @throws {TypeError} naming what is wrong with it */
export function readAddress(text: string): Address {
  const address = parseAddress(text)
  checkPlace(address.endpoint)
  if (address.endpoint.port === 0) throw new TypeError(`nobody can be dialed at port 0: ${text}`)
  return address
}

/** Reads an endpoint. @throws {TypeError} naming what is wrong with it */
export function readEndpoint(text: string): Endpoint {
  const endpoint = parseEndpoint(text)
  checkPlace(endpoint)
  return endpoint
}

/** @throws {TypeError} when the host of an endpoint is none */
export function checkPlace({ host }: Endpoint): void {
  if (!isHost(host)) throw new TypeError(`no host can be called "${host}"`)
}

/** Whether a text is an IP address, or a name that a host can have. */
export function isHost(text: string): boolean {
  return isIP(text) !== 0 || NAME.test(domainToASCII(text))
}
