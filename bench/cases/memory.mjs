// What an idle peer costs the process that holds it: the hub is measured, its peers live in another process.

/** Fresh processes for each round make this slow to measure and steady. */
const MOST_ROUNDS = 3

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
    for (const hub of hubs) answers.get(hub).push(await hubWithPeers(hub, peers))
  }
  const row = (part, { name }, values) => ({
    case: `memory, ${peers.toLocaleString('en')} peers`,
    payload: part,
    contestant: name,
    unit: 'KiB',
    values: values.map((bytes) => bytes / 1024 / peers),
  })
  return [...answers].flatMap(([hub, found]) =>
    Object.keys(found[0]).map((part) =>
      row(
        PARTS[part] ?? part,
        hub,
        found.map((answer) => answer[part]),
      ),
    ),
  )
}

/** How the table calls what a hub answers, all in bytes more than without peers. */
const PARTS = { bytes: 'resident', restBytes: 'resident at rest', heapBytes: 'heap and buffers' }

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
