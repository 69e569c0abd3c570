// Makes the relay's transports from its options: one for each listener, with HTTP and the bridge on the WebSocket ones.
import type { IncomingMessage } from 'node:http'
import type { Endpoint, Transport } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { readTrustProxy, type TlsOptions, webSocket } from '@peerwire/transport-ws/node'
import type { Bridge } from '../bridge/bridge.ts'
import { createHttp } from '../http/http.ts'
import type { Page } from '../http/page-files.ts'
import { DEFAULT_TCP, DEFAULT_WS, listenNear, listenOn, noteListeners } from './listeners.ts'
import type { RelayOptions } from './options.ts'
import { ownHosts } from './own-hosts.ts'
import type { AddressFacts } from './public-addresses.ts'

export interface TransportParts {
  readonly options: RelayOptions
  readonly tls: TlsOptions | undefined
  readonly bridge: Bridge
  readonly page: Page | undefined
  readonly facts: () => AddressFacts
  /** Looks at every request. */
  readonly notice: (request: IncomingMessage) => void
  /** Called with each endpoint as it opens. */
  readonly opened: (endpoint: Endpoint) => void
}

/** At least one of each kind, so that both can be dialed. */
export function relayTransports(parts: TransportParts): readonly Transport[] {
  const { options, tls, opened } = parts
  const { listen, onionProxy } = options
  const proxies = { onion: onionProxy }
  const open = listen.length > 0 ? listenOn : listenNear
  const usual = [DEFAULT_TCP, tls ? { ...DEFAULT_WS, scheme: 'wss' } : DEFAULT_WS]
  const transports = (listen.length > 0 ? listen : usual).map((endpoint) => {
    if (endpoint.scheme !== 'tcp') return webSocketListener(endpoint, open, parts)
    const transport = open(endpoint, (text) => tcp({ listen: text, ipv6Only: sharesPort(endpoint, options), proxies }))
    return noteListeners(transport, (listeners) => listeners.forEach((listener) => opened(listener.endpoint)))
  })
  const names = new Set(transports.map(({ name }) => name))
  if (!names.has('tcp')) transports.push(tcp({ proxies }))
  if (!names.has('ws')) transports.push(webSocket())
  return transports
}

/** Whether another listener has the same port of all IPv4 addresses. */
function sharesPort({ port }: Endpoint, { listen }: RelayOptions): boolean {
  return listen.some((other) => other.host === '0.0.0.0' && other.port === port)
}

function webSocketListener(endpoint: Endpoint, open: typeof listenOn, parts: TransportParts): Transport {
  const { options, tls, bridge, page, facts, notice, opened } = parts
  const { origins, trustProxy } = options
  const hosts = ownHosts(options)
  const ipv6Only = sharesPort(endpoint, options)
  let own: Endpoint | undefined
  const proxies = readTrustProxy(trustProxy)
  const answer = createHttp({ listener: () => own, facts, page, proxies })
  const request: typeof answer = (asked, response) => {
    notice(asked)
    return answer(asked, response)
  }
  const upgrade: Bridge['upgrade'] = (asked, socket, head) => {
    notice(asked)
    return bridge.upgrade(asked, socket, head)
  }
  const transport = open(endpoint, (listen) =>
    webSocket({ listen, ipv6Only, tls, origins, hosts, trustProxy, request, upgrade }),
  )
  return noteListeners(transport, (listeners) => {
    own = listeners[0]?.endpoint
    if (own) opened(own)
  })
}
