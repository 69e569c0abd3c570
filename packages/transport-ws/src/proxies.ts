// Which proxies are believed, and what a request says of its client by their word.
import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'
import { type ForwardedFacts, type Hop, plainAddress, readForwarded } from './forwarded.ts'

/**
 * Whose word on a client's address counts: addresses and ranges of proxies such as `['127.0.0.1', '10.0.0.0/8']`, or
 * how many proxies there are, one behind another, where every connection comes by them. `true` is one.
 */
export type TrustProxy = boolean | number | string | readonly string[]

/** A checked `TrustProxy`. */
export interface ProxyTrust {
  /**
   * `host:port` of the client, IPv6 in brackets: the last address that no believed proxy has, with port 0 where none
   * was written. What is no address ends the way there.
   */
  remoteOf(request: IncomingMessage): string
  /** By which hosts and scheme the client asked; `undefined` where no believed proxy has spoken. */
  reachedAs(request: IncomingMessage): Pick<ForwardedFacts, 'hosts' | 'scheme'> | undefined
}

/** More proxies in a row than anybody has. */
const MAX_HOPS = 32

/** Headers that only a proxy writes: a page's script can't give them to a WebSocket. */
const WRITTEN = ['x-forwarded-for', 'forwarded', 'x-forwarded-host', 'x-forwarded-proto'] as const

/** @throws {TypeError} naming what is no address, range or number of proxies */
export function readTrustProxy(option: TrustProxy = false): ProxyTrust {
  const isRange = typeof option === 'string' || Array.isArray(option)
  const trusts = isRange ? byRange(option as string | readonly string[]) : byCount(option as boolean | number)
  return {
    remoteOf: (request) => format(clientOf(request, trusts)),
    reachedAs: (request) => {
      const { headers } = request
      const isProxied = WRITTEN.some((name) => headers[name] !== undefined) && trusts(socketHop(request), 0)
      return isProxied ? readForwarded(headers) : undefined
    },
  }
}

/** @param at - how many proxies lie between this one and us */
type Trusts = (hop: Hop, at: number) => boolean

function byCount(option: boolean | number): Trusts {
  const count = typeof option === 'boolean' ? Number(option) : option
  if (!Number.isInteger(count) || count < 0 || count > MAX_HOPS) {
    throw new TypeError(`trustProxy must be ranges of proxies or their number, 0 to ${MAX_HOPS}, not ${String(count)}`)
  }
  return (_, at) => at < count
}

function byRange(ranges: string | readonly string[]): Trusts {
  const list = new BlockList()
  for (const text of typeof ranges === 'string' ? ranges.split(',') : ranges) addRange(list, String(text).trim())
  return ({ address }, at) => at < MAX_HOPS && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

function addRange(list: BlockList, text: string): void {
  const [, address = '', bits] = /^([^/]*)(?:\/(\d{1,3}))?$/.exec(text) ?? []
  const family = isIP(address)
  const all = family === 6 ? 128 : 32
  const length = bits === undefined ? all : Number(bits)
  if (family === 0 || address.includes('%') || length > all) {
    throw new TypeError(`trustProxy has "${text}", which is no address or range such as 10.0.0.0/8`)
  }
  list.addSubnet(address, length, family === 6 ? 'ipv6' : 'ipv4')
}

function clientOf(request: IncomingMessage, trusts: Trusts): Hop {
  let client = socketHop(request)
  if (!trusts(client, 0)) return client
  const { hops } = readForwarded(request.headers)
  for (let at = 0; at < hops.length && trusts(client, at); at++) {
    const hop = hops[hops.length - 1 - at]
    if (!hop) break
    client = hop
  }
  return client
}

// A socket of this machine that has no address is a proxy here.
function socketHop({ socket }: IncomingMessage): Hop {
  const { remoteAddress = '127.0.0.1', remotePort = 0 } = socket
  return { address: plainAddress(remoteAddress), port: remotePort }
}

function format({ address, port }: Hop): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`
}
