// What a node offers its peers: a protocol for each version, and one set of handlers behind them.
import type { Handlers, MessageContext, Offer, Peer, ProtocolHooks } from '@peerwire/core'
import type { Announced } from './announcement.ts'
import { ethProtocols } from './protocol.ts'
import type {
  CommonMessages,
  Eth70Messages,
  Eth71Messages,
  EthMessages,
  Eth72Messages,
  EthVersion,
} from './protocol.ts'
import { serveAccessLists, serveByHash, serveCells, serveReceipts } from './serve.ts'
import type { EthServe, ServeContext } from './serve.ts'

export interface OffersHost {
  readonly serve: EthServe
  /** Of what all versions have alike. */
  readonly handlers: Handlers<CommonMessages>
  readonly hooks: ProtocolHooks
  announced(peer: Peer, list: readonly Announced[]): void
  /** @throws {PeerError} when the peer hasn't said its Status */
  requireStatus(peer: Peer): void
}

/** An offer for each version, in that order. */
export function offersOf(versions: readonly EthVersion[], host: OffersHost): readonly Offer[] {
  const { serve, handlers, hooks } = host
  const to = (peer: Peer, { signal }: MessageContext): ServeContext => {
    host.requireStatus(peer)
    return { peer, signal }
  }
  const handlers69: Handlers<EthMessages> = {
    ...handlers,
    newPooledTransactionHashes: (peer, list) => host.announced(peer, list),
    getReceipts: (peer, hashes, context) => serveByHash(serve.receipts?.bind(serve), hashes, to(peer, context)),
  }
  const handlers70: Handlers<Eth70Messages> = {
    ...handlers69,
    getReceipts: (peer, question, context) => serveReceipts(serve, question, to(peer, context)),
  }
  const handlers71: Handlers<Eth71Messages> = {
    ...handlers70,
    getBlockAccessLists: (peer, hashes, context) => serveAccessLists(serve, hashes, to(peer, context)),
  }
  const handlers72: Handlers<Eth72Messages> = {
    ...handlers71,
    // What the mask says of blobs is noted nowhere: they are not fetched.
    newPooledTransactionHashes: (peer, { announced }) => host.announced(peer, announced),
    getCells: (peer, question, context) => serveCells(serve, question, to(peer, context)),
  }
  const offers: Readonly<Record<EthVersion, () => Offer>> = {
    69: () => ethProtocols[69].with(handlers69, hooks),
    70: () => ethProtocols[70].with(handlers70, hooks),
    71: () => ethProtocols[71].with(handlers71, hooks),
    72: () => ethProtocols[72].with(handlers72, hooks),
  }
  return versions.map((version) => offers[version]())
}
