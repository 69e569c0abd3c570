// What the relay passes on between its peers: transactions and blocks of one network, the named one or that of its
// first dialed eth peer. Both are told of at once: a relay makes none itself, so their times give nobody away.
import { type Logger, type Plugin, toHex } from '@peerwire/core'
import { inventory } from '@peerwire/core/inventory'
import { blockKind, eth, type Eth, type EthOptions } from '@peerwire/eth'
import type { Output } from '../command/output.ts'
import { reportMessages } from './report.ts'

/** The inventory and the protocols that carry items to and from it, in the order in which they have to start. */
export function itemPlugins(output: Output, logger: Logger, network: EthOptions['network']): readonly Plugin[] {
  const blocks = blockKind()
  const items = inventory({ kinds: [blocks] })
  const chain = eth({ network, inventory: items, blocks })
  reportItems(chain, output, logger)
  chain.on('network:learned', ({ networkId, genesisHash }, peer) => {
    const genesis = `${toHex(genesisHash).slice(0, 8)}…`
    logger.log('info', 'Following a network', { networkid: networkId, genesis, peer: String(peer) })
  })
  return [reportMessages(items, output), reportMessages(chain, output)]
}

function reportItems(chain: Eth, output: Output, logger: Logger): void {
  chain.on('transaction:received', ({ transaction, peer, how, tookMs }) => {
    const { hash, type, bytes } = transaction
    const fields = { kind: 'transaction', id: toHex(hash), from: peer.id, type, size: bytes.length }
    output.event('item', { ...fields, how, tookMs: Math.round(tookMs) })
    logger.log('debug', 'New transaction', { hash: fields.id, type, size: bytes.length, from: String(peer) })
  })
  chain.on('block:received', ({ hash, number, bytes }, peer) => {
    const fields = { kind: 'block', id: toHex(hash), from: peer.id, number: Number(number), size: bytes.length }
    output.event('item', fields)
    logger.log('debug', 'New block', { number, hash: fields.id, from: String(peer) })
  })
}
