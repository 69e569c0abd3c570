// Which pages may open a WebSocket to a listener: browsers ask nobody else.
import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import { isLocalIp, parseIp } from '@peerwire/core'
import { plainAddress } from './forwarded.ts'
import type { ProxyTrust } from './proxies.ts'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/
const HERE = /^(localhost|.*\.localhost)$/

/**
 * A list of origins such as `https://app.example`, `tauri://localhost`, `chrome-extension://…`, or `null` (files and
 * sandboxed frames); or `*` for every page.
 */
export type AllowedOrigins = readonly string[] | '*'

/** How a page is judged. */
export interface OriginRules {
  /** Without it: the listener's own pages, and those of the browser's machine. */
  readonly origins?: AllowedOrigins | undefined
  /** Names that the listener has, with a port where it isn't the usual one of `http` or `https`. */
  readonly hosts?: readonly string[] | undefined
  readonly proxies?: ProxyTrust | undefined
}

interface Page {
  readonly protocol: string
  readonly hostname: string
  readonly host: string
  /** As a browser writes it. */
  readonly origin: string
}

/**
 * Whether a request may be upgraded. Programs send no Origin and are let in: the handshake says who they are.
 * Without a list, a page is let in when it comes from this machine or is the listener's own: it has the host and port
 * that the browser asked for. On loopback and LAN these must be an IP address, `localhost` or a name of `hosts`, or
 * come by a believed proxy; else any name that leads there could be a stranger's.
 */
export function isOriginAllowed(request: IncomingMessage, rules: OriginRules): boolean {
  const { origin } = request.headers
  const { origins } = rules
  if (origin === undefined || origins === '*') return true
  const page = readOrigin(origin)
  if (!page) return false
  if (origins) return origins.some((entry) => readOrigin(entry)?.origin === page.origin)
  if (page.protocol !== 'http:' && page.protocol !== 'https:') return false
  return LOOPBACK.test(page.hostname) || isOwnPage(page, request, rules)
}

/** The entry as a browser would write it. @throws {TypeError} when it is no origin */
export function checkOrigin(entry: string): string {
  const read = readOrigin(entry)
  if (!read) throw new TypeError(`not an origin (https://host, https://host:port, another scheme, or null): ${entry}`)
  return read.origin
}

/** @throws {TypeError} when it is no `host` or `host:port` */
export function checkHost(entry: string): string {
  const read = /[/\\?#@\s]/.test(entry) ? undefined : readOrigin(`http://${entry}`)
  if (!read) throw new TypeError(`not a name such as relay.local or relay.local:8080: ${entry}`)
  return entry.toLowerCase()
}

function isOwnPage(page: Page, request: IncomingMessage, { hosts = [], proxies }: OriginRules): boolean {
  if (hosts.some((host) => isAt(page, host))) return true
  const proxied = proxies?.reachedAs(request)
  const { host: asked = '' } = request.headers
  // Proxies often leave the port out.
  if (proxied) return [asked, ...proxied.hosts].some((host) => isAt(page, host) || page.hostname === host.toLowerCase())
  return isAt(page, asked) && (!isLocalSocket(request) || isPlain(page.hostname, hosts))
}

function isAt({ protocol, host }: Page, other: string): boolean {
  return readOrigin(`${protocol}//${other}`)?.host === host
}

function isPlain(hostname: string, hosts: readonly string[]): boolean {
  const address = hostname.replace(/^\[|\]$/g, '')
  return isIP(address) !== 0 || HERE.test(hostname) || hosts.some((host) => host.replace(/:\d+$/, '') === hostname)
}

function isLocalSocket({ socket }: IncomingMessage): boolean {
  const ip = parseIp(plainAddress(socket.localAddress ?? '127.0.0.1'))
  return ip === undefined || isLocalIp(ip)
}

// `URL.origin` is "null" for schemes that aren't the web's.
function readOrigin(text: string): Page | undefined {
  if (text === 'null') return { protocol: '', hostname: '', host: '', origin: 'null' }
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  const [host, hostname] = [url.host.toLowerCase(), url.hostname.toLowerCase()]
  const isMore = !/^\/?$/.test(url.pathname) || url.search + url.hash + url.username + url.password !== ''
  return isMore || host === ''
    ? undefined
    : { protocol: url.protocol, hostname, host, origin: `${url.protocol}//${host}` }
}
