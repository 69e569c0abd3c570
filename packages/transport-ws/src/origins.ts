// Which pages may open a WebSocket to a listener: browsers ask nobody else.
import type { IncomingMessage } from 'node:http'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

/** A list of origins such as `https://app.example`, or `*` for every page. */
export type AllowedOrigins = readonly string[] | '*'

/**
 * Whether a request may be upgraded. Programs send no Origin and are let in: the handshake says who they are.
 * Without a list, a page is let in when it comes from the same host and port, or from this machine.
 */
export function isOriginAllowed({ headers }: IncomingMessage, allowed: AllowedOrigins | undefined): boolean {
  const { origin, host } = headers
  if (origin === undefined || allowed === '*') return true
  const page = readOrigin(origin)
  if (!page) return false
  if (allowed) return allowed.some((entry) => readOrigin(entry)?.origin === page.origin)
  return page.host === host?.toLowerCase() || LOOPBACK.test(page.hostname)
}

/** The entry as a browser would write it. @throws {TypeError} when it is no http(s) origin */
export function checkOrigin(entry: string): string {
  const read = readOrigin(entry)
  if (!read) throw new TypeError(`not an origin (https://host or https://host:port): ${entry}`)
  return read.origin
}

function readOrigin(text: string): URL | undefined {
  try {
    const url = new URL(text)
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : undefined
  } catch {
    return undefined
  }
}
