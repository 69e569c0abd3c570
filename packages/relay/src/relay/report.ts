// Tells what a node does as JSON events; both the relay and the development tools speak in these.
import {
  type Address,
  type Capability,
  formatAddress,
  type Node,
  type Offer,
  parseAddress,
  type Peer,
  type PeerError,
  type Plugin,
} from '@peerwire/core'
import { formatEndpoint, toHex } from '@peerwire/core'
import type { Output } from '../command/output.ts'
import { pageUrl } from './public-addresses.ts'

/** One `listening` line per listener, by their addresses. */
export function reportListening(addresses: readonly string[], output: Output): void {
  for (const text of addresses) {
    const { endpoint } = parseAddress(text)
    const isTcp = endpoint.scheme === 'tcp'
    output.event('listening', {
      address: text,
      ...(isTcp ? { enode: text } : {}),
      url: isTcp ? formatEndpoint(endpoint) : pageUrl(endpoint),
      pid: process.pid,
    })
  }
}

/** Prints `peer`, `drop`, `setupfail` and `dialfail` from now on. */
export function reportNode(node: Node, output: Output): void {
  node.on('peer:added', (peer) => output.event('peer', peerFields(peer)))
  node.on('peer:removed', ({ peer, error, durationMs, remoteRequested }) => {
    output.event('drop', { id: peer.id, ...errorFields(error), remoteRequested, durationMs: Math.round(durationMs) })
  })
  node.on('setup:failed', ({ error, direction, remoteAddress, publicKey }) => {
    output.event('setupfail', {
      ...errorFields(error),
      inbound: direction === 'inbound',
      remote: remoteAddress,
      ...(publicKey ? { publicKey: toHex(publicKey) } : {}),
    })
  })
  node.on('dial:failed', ({ address, error }) => {
    output.event('dialfail', { ...errorFields(error), address: formatAddress(address) })
  })
}

function peerFields(peer: Peer): Readonly<Record<string, unknown>> {
  const { id, name, capabilities, direction } = peer
  return { id, name, caps: capabilityTexts(capabilities), inbound: direction === 'inbound', address: addressOf(peer) }
}

// The address that was dialed; of an inbound peer only where it comes from is known.
function addressOf({ endpoint, publicKey, remoteAddress }: Peer): string {
  return endpoint ? formatAddress({ publicKey, endpoint } satisfies Address) : remoteAddress
}

/** `["eth/69", "snap/1"]`. */
export function capabilityTexts(capabilities: readonly Capability[]): readonly string[] {
  return capabilities.map(({ name, version }) => `${name}/${version}`)
}

/** `code`, `reason` (as text past 2^53 - 1), `reasonText` and `message`. */
export function errorFields(error: PeerError): Readonly<Record<string, unknown>> {
  const { code, reason, reasonText, message } = error.toJSON()
  return { code, reason, reasonText, message }
}

/** The same plugin, with a `message` event for each message of its protocols. */
export function reportMessages(plugin: Plugin, output: Output): Plugin {
  if (!output.json || !plugin.protocols) return plugin
  const protocols = plugin.protocols.map((offer) => reportOffer(offer, output))
  return {
    name: plugin.name,
    protocols,
    ...(plugin.start ? { start: (context) => plugin.start?.(context) } : {}),
    ...(plugin.stop ? { stop: () => plugin.stop?.() } : {}),
    ...(plugin.local === undefined ? {} : { local: plugin.local }),
    ...(plugin.candidates ? { candidates: () => plugin.candidates!() } : {}),
    ...(plugin.inspect ? { inspect: () => plugin.inspect?.() } : {}),
  }
}

/** The same offer, with a `message` event for each message that comes. */
export function reportOffer(offer: Offer, output: Output): Offer {
  const { hooks, protocol } = offer
  const cap = `${protocol.name}/${protocol.version}`
  return {
    ...offer,
    hooks: {
      opened: (peer) => hooks.opened?.(peer),
      closed: (peer, error) => hooks.closed?.(peer, error),
      received: (peer, code, bytes) => {
        output.event('message', { id: peer.id, cap, code, size: bytes })
        hooks.received?.(peer, code, bytes)
      },
    },
  }
}
