// Connections with both handshakes, eight in flight.
import { measureRates } from '../lib/measure.mjs'

/** @type {import('./index.mjs').Case} */
export const handshakes = {
  name: 'handshakes',
  title: 'TCP, encryption handshake, and Hello both ways; eight in flight',
  references: { geth: 'geth rlpx', ethereumjs: 'ethereumjs', libp2p: 'libp2p' },
  measure: async ({ contestants, options }) => {
    const task = {
      case: 'handshakes',
      unit: '/s',
      request: { do: 'handshakes', inFlight: 8 },
      count: 'count',
      worth: 1,
    }
    return await measureRates(
      contestants.filter(({ over }) => over === 'tcp'),
      [task],
      options,
    )
  },
}
