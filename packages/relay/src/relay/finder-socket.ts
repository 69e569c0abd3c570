// Where the relay's UDP socket is bound: near its TCP listener, unless it could not reach those it asks from there.
import { defaultCrypto, isLocalIp, parseIp } from '@peerwire/core'
import { type OpenDatagramSocket, parseNode, udp } from '@peerwire/discovery/node'
import type { RelayOptions } from './options.ts'

export interface FinderSocket {
  readonly socket: OpenDatagramSocket
  /** The TCP port that its record tells; absent: that of the listener. */
  readonly tcp?: number
}

/** Near its listener, or at every address; then it is silent of a TCP port that nobody else could dial. */
export function finderSocket(options: SearchPlace): FinderSocket {
  const open = udp()
  return asksFromAnywhere(options)
    ? { socket: ({ port }) => open({ host: '0.0.0.0', port }), tcp: 0 }
    : { socket: open }
}

export type SearchPlace = Pick<RelayOptions, 'listen' | 'search'>

/** Whether the relay listens on this machine or LAN alone, and asks nodes that no such address can reach. */
export function asksFromAnywhere({ listen, search }: SearchPlace): boolean {
  const isLocal = listen.filter(({ scheme }) => scheme === 'tcp').every(({ host }) => isLocalHost(host))
  const nodes = search.bootnodes.map((text) => parseNode(text, defaultCrypto))
  return isLocal && nodes.some((node) => node === undefined || !isLocalHost(node.host))
}

function isLocalHost(host: string): boolean {
  const ip = parseIp(host)
  return ip ? isLocalIp(ip) : host === 'localhost'
}
