// One item of 1 KiB from a hub to all its peers, who are in another process: what it costs the hub.
import { attempt } from '../lib/measure.mjs'
import { randomPayload } from '../lib/payloads.mjs'

const ITEM = randomPayload(1024).toString('base64')
/** Sends in one round, over all peers. */
const SENDS = 20_000

/** @type {import('./index.mjs').Case} */
export const fanOut = {
  name: 'fan-out',
  title: 'An item of 1 KiB to many peers: processor time of the hub',
  references: { geth: 'geth rlpx', libp2p: 'gossipsub' },
  measure: async ({ contestants, options }) => {
    const rows = []
    for (const peers of options.quick ? [100] : [100, 1000]) {
      // A mesh of gossipsub takes long to stand.
      const hubs = contestants.filter(
        ({ crowd, over, most = Infinity }) => crowd && peers <= most && !(options.quick && over === 'pubsub'),
      )
      for (const hub of hubs) rows.push(await attempt(hub.name, () => measureHub(hub, peers, options.rounds)))
    }
    return rows.filter((row) => row !== undefined)
  },
}

async function measureHub({ name, start, crowd }, peers, rounds) {
  const [hub, leaves] = [start(), crowd()]
  const values = []
  try {
    const where = await hub.ask({ do: 'hub', peers })
    await leaves.ask({ do: 'leaves', peers, ...where })
    const messages = Math.ceil(SENDS / peers)
    const request = { do: 'broadcast', payload: ITEM, messages, peers }
    await hub.ask(request)
    for (let round = 0; round < rounds; round++) values.push((await hub.ask(request)).cpuSeconds / messages)
  } finally {
    await Promise.all([leaves.stop(), hub.stop()])
  }
  return {
    case: `fan-out, ${peers.toLocaleString('en')} peers`,
    payload: '1 KiB random',
    snappy: name === 'gossipsub' ? undefined : true,
    contestant: name,
    unit: 'ms',
    values: values.map((seconds) => seconds * 1e3),
  }
}
