// Where an inbound connection comes from, in the form that throttles read.
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'

/**
 * `host:port` with IPv6 in brackets. Behind a trusted proxy: the address that the proxy itself appended to
 * X-Forwarded-For (the last; those before it are the client's own words), with port 0.
 */
export function remoteOf({ socket, headers }: IncomingMessage, trustProxy: boolean): string {
  const { remoteAddress = 'unknown', remotePort = 0 } = socket
  const forwarded = trustProxy ? lastOf(headers['x-forwarded-for']) : undefined
  if (forwarded && isIP(forwarded)) return formatHostPort(forwarded, 0)
  return formatHostPort(remoteAddress, remotePort)
}

function lastOf(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header.join(',') : header
  return text?.slice(text.lastIndexOf(',') + 1).trim()
}

function formatHostPort(address: string, port: number): string {
  const host = address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}
