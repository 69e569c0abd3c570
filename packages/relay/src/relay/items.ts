// What the relay passes on between its peers: transactions of the network that its first dialed eth peer follows.
import { inventory, type Logger, type Plugin, toHex } from '@peerwire/core'
import { eth, type Eth } from '@peerwire/eth'
import type { Output } from '../command/output.ts'
import { reportMessages } from './report.ts'

/** The inventory and the protocols that carry items to and from it, in the order in which they have to start. */
export function itemPlugins(output: Output, logger: Logger): readonly Plugin[] {
  const items = inventory()
  const chain = eth({ network: 'auto', inventory: items })
  reportItems(chain, output, logger)
  chain.on('network:learned', ({ networkId, genesisHash }, peer) => {
    const genesis = `${toHex(genesisHash).slice(0, 8)}…`
    logger.log('info', 'Following a network', { networkid: networkId, genesis, peer: String(peer) })
  })
  return [items, reportMessages(chain, output)]
}

function reportItems(chain: Eth, output: Output, logger: Logger): void {
  chain.on('transaction:received', ({ transaction, peer, how, tookMs }) => {
    const { hash, type, bytes } = transaction
    const fields = { kind: 'transaction', id: toHex(hash), from: peer.id, type, size: bytes.length }
    output.event('item', { ...fields, how, tookMs: Math.round(tookMs) })
    logger.log('debug', 'New transaction', { hash: fields.id, type, size: bytes.length, from: String(peer) })
  })
}
