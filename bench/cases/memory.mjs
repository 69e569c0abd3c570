// What an idle peer costs the process that holds it: the hub is measured, its peers live in another process.
import { attempt } from '../lib/measure.mjs'

/** Fresh processes for each round make this slow to measure and steady. */
const MOST_ROUNDS = 3

/** How the table calls what a hub answers, in bytes more than without peers. */
const PARTS = { bytes: 'resident', heapBytes: 'heap and buffers' }

/** @type {import('./index.mjs').Case} */
export const memory = {
  name: 'memory',
  title: 'Memory per idle peer, socket included',
  references: { geth: 'geth server', ethereumjs: 'ethereumjs', libp2p: 'libp2p' },
  measure: async ({ contestants, options }) => {
    const rows = []
    for (const peers of options.peers) {
      const hubs = contestants.filter(({ leaves, most = Infinity }) => leaves && peers <= most)
      rows.push(...(await measureHubs(hubs, peers, options.quick ? 1 : Math.min(MOST_ROUNDS, options.rounds))))
    }
    return rows
  },
}

async function measureHubs(hubs, peers, rounds) {
  const answers = new Map(hubs.map((hub) => [hub, []]))
  for (let round = 0; round < rounds; round++) {
    for (const hub of hubs) {
      const answer = await attempt(hub.name, () => hubWithPeers(hub, peers))
      if (answer) answers.get(hub).push(answer)
    }
  }
  const row = (part, { name }, found) => ({
    case: `memory, ${peers.toLocaleString('en')} peers`,
    payload: PARTS[part],
    contestant: name,
    unit: 'KiB',
    values: found.map((answer) => answer[part] / 1024 / peers),
  })
  return [...answers].flatMap(([hub, found]) =>
    Object.keys(PARTS).flatMap((part) => (found[0]?.[part] === undefined ? [] : [row(part, hub, found)])),
  )
}

async function hubWithPeers(entry, peers) {
  const hub = entry.start()
  const leaves = entry.leaves()
  try {
    const where = await hub.ask({ do: 'memory', peers })
    await leaves.ask({ do: 'leaves', peers, ...where })
    return await hub.ask({ do: 'measure' })
  } finally {
    await Promise.all([leaves.stop(), hub.stop()])
  }
}
