// Connections with both handshakes: one after the other without a rest, and 200 at once after one.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startContestant } from '../lib/contestant.mjs'
import { measureRates } from '../lib/measure.mjs'

const BURST = 200
const RLPX = join(fileURLToPath(new URL('..', import.meta.url)), 'contestants/peerwire-rlpx.mjs')
const shared = { case: 'handshakes', unit: '/s', count: 'count', worth: 1 }
const SUSTAINED = { ...shared, payload: 'strangers', request: { do: 'handshakes', inFlight: 8 } }
const RESTED = {
  ...shared,
  payload: `burst of ${BURST}`,
  exactly: BURST,
  request: { do: 'handshakes', inFlight: BURST, rested: true },
}

/** @type {import('./index.mjs').Case} */
export const handshakes = {
  name: 'handshakes',
  title:
    'TCP, encryption handshake, and Hello both ways: with strangers, eight in flight; and with peers that were here before, all at once after a rest',
  references: { geth: 'geth rlpx', ethereumjs: 'ethereumjs', libp2p: 'libp2p' },
  measure: async ({ contestants, options }) => {
    const ours = ({ name }) => name === 'peerwire rlpx'
    const over = contestants.filter((contestant) => contestant.over === 'tcp')
    const providers = (options.quick ? ['native'] : ['native', 'portable']).map((provider) => ({
      name: `peerwire rlpx, ${provider}`,
      start: () => startContestant(options.node, ['--expose-gc', RLPX, provider]),
    }))
    const at = over.findIndex(ours) + 1
    const all = [...over.slice(0, at), ...providers, ...over.slice(at)]
    const rows = await measureRates(all, [SUSTAINED], options)
    // Others have no more for those they know than for strangers, and the portable curve takes seconds a round.
    const resting = all.filter(({ name }) => /^(geth|peerwire)/.test(name) && !name.includes('portable'))
    return [...rows, ...(await measureRates(resting, [RESTED], options))]
  },
}
