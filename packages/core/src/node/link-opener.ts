// Opens links: who may be dialed at all, by which transport, and with a place from the beginning.
import { abortable } from '../base/abort.ts'
import { equalBytes } from '../base/bytes.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { isPeerError, PeerError } from '../errors/peer-error.ts'
import { freePlaces, fullRefusal } from '../peers/peer-set.ts'
import type { Address, Endpoint } from '../wire/address.ts'
import { formatEndpoint } from '../wire/address.ts'
import type { Link, Transport } from '../wire/link.ts'
import type { Connection } from './connection.ts'
import { idOf } from './connections.ts'
import type { Connections } from './connections.ts'
import type { Settings } from './options.ts'
import type { Verdict } from './plugin.ts'

/** A link to an address, and what opened it. */
export interface OpenedLink {
  readonly link: Link
  readonly transport: string
}

export interface LinkOpenerHost {
  readonly settings: Settings
  readonly connections: Connections
  readonly publicKey: Uint8Array
  isPersistent(id: string): boolean
  isTrusted(id: string): boolean
}

export class LinkOpener {
  readonly #host: LinkOpenerHost

  constructor(host: LinkOpenerHost) {
    this.#host = host
  }

  /** What is held against somebody; nothing ever against the trusted. */
  verdict(publicKey: Uint8Array, endpoint: Endpoint | undefined): Verdict | undefined {
    const { settings, isTrusted } = this.#host
    if (isTrusted(idOf(settings, publicKey))) return undefined
    return settings.judge({ publicKey, address: endpoint && formatEndpoint(endpoint) })
  }

  /** Opens a link to an address that may be dialed, and hands it on, unless the signal has aborted by then. */
  async reach<T>(
    connection: Connection,
    address: Address,
    signal: AbortSignal,
    use: (opened: OpenedLink) => T | Promise<T>,
  ): Promise<T> {
    const { publicKey, endpoint } = address
    const { settings, connections } = this.#host
    const { crypto } = settings
    if (equalBytes(publicKey, this.#host.publicKey)) throw refused(DiscReason.self, 'this is our own key')
    if (this.verdict(publicKey, endpoint) === 'banned') {
      throw refused(DiscReason.uselessPeer, 'the key or its address is banned')
    }
    const transport = this.#transportFor(endpoint)
    if (!crypto.isPublicKey(publicKey)) {
      throw refused(DiscReason.invalidIdentity, 'the public key is not a point of secp256k1')
    }
    this.#hold(connection, publicKey)
    if (connections.hasRivals(connection)) await connections.loadRivals()
    signal.throwIfAborted()
    const link = await this.#open(transport, endpoint, signal)
    if (signal.aborted) {
      link.abort()
      throw signal.reason
    }
    return await use({ link, transport: transport.name })
  }

  // The dial of a stranger has its place from the beginning: nobody is dialed to be told that there is none.
  #hold(connection: Connection, publicKey: Uint8Array): void {
    const { settings, connections, isPersistent, isTrusted } = this.#host
    const { table, limits } = connections
    const id = idOf(settings, publicKey)
    const isProbe = !connection.remote
    if (!isProbe && (isPersistent(id) || isTrusted(id))) return
    const place = isProbe ? `probe of ${id}` : id
    if (!table.isHeld(place) && freePlaces(table, limits) <= 0) throw fullRefusal(table, limits)
    table.hold(connection, place)
  }

  #transportFor(endpoint: Endpoint): Transport {
    const { transports } = this.#host.settings
    const transport = transports.find((candidate) => candidate.canDial(endpoint))
    if (transport) return transport
    const names = transports.map(({ name }) => name).join(', ')
    throw refused(DiscReason.networkError, `no transport for ${formatEndpoint(endpoint)} among: ${names}`)
  }

  async #open(transport: Transport, endpoint: Endpoint, signal: AbortSignal): Promise<Link> {
    const { clock, limits } = this.#host.settings
    const controller = new AbortController()
    const onAbort = (): void => controller.abort(signal.reason)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    const timer = clock.setTimer(limits.dialMs, () => {
      const text = `no link to ${formatEndpoint(endpoint)} within ${limits.dialMs} ms`
      controller.abort(new PeerError('dial failed', DiscReason.readTimeout, text))
    })
    const opening = transport.dial(endpoint, { signal: controller.signal })
    // A transport that ignores the signal must not keep the slot; its late link is cut.
    opening.then(
      (link) => controller.signal.aborted && link.abort(),
      () => undefined,
    )
    try {
      return await abortable(opening, controller.signal)
    } finally {
      timer.cancel()
      signal.removeEventListener('abort', onAbort)
    }
  }
}

function refused(reason: number, message: string): PeerError {
  return new PeerError('dial failed', reason, message)
}

export function asPeerError(error: unknown): PeerError {
  if (isPeerError(error)) return error
  const text = error instanceof Error ? error.message : 'the transport failed'
  return new PeerError('dial failed', DiscReason.networkError, text, { cause: error })
}
