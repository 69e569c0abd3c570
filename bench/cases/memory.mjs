// What an idle peer costs the process that holds it: the hub is measured, its peers live in another process.

/** Fresh processes for each round make this slow to measure and steady. */
const MOST_ROUNDS = 3
/** After so long without work V8 has given back what it grew for the handshakes, in milliseconds. */
const REST_MS = 25_000

/** @type {import('./index.mjs').Case} */
export const memory = {
  name: 'memory',
  title: 'Memory per idle peer, socket included',
  references: { geth: 'geth server', ethereumjs: 'ethereumjs', libp2p: 'libp2p' },
  measure: async ({ contestants, options }) => {
    const rows = []
    const [rounds, restMs] = options.quick ? [1, 0] : [Math.min(MOST_ROUNDS, options.rounds), REST_MS]
    for (const peers of options.peers) {
      const hubs = contestants.filter(({ leaves, most = Infinity }) => leaves && peers <= most)
      rows.push(...(await measureHubs(hubs, peers, rounds, restMs)))
    }
    return rows
  },
}

/** How the table calls what a hub answers, all in bytes more than without peers. */
const PARTS = { bytes: 'resident', restBytes: 'resident at rest', heapBytes: 'heap and buffers' }

async function measureHubs(hubs, peers, rounds, restMs) {
  const answers = new Map(hubs.map((hub) => [hub, []]))
  for (let round = 0; round < rounds; round++) {
    const held = []
    try {
      for (const hub of hubs) held.push(await hold(hub, peers))
      // All at once, for it takes its time.
      for (const answer of await Promise.all(held.map((one) => measureAtRest(one, restMs))))
        answers.get(answer.hub).push(answer)
    } finally {
      await Promise.all(held.flatMap(({ processes }) => processes).map((process) => process.stop()))
    }
  }
  const row = (part, { name }, found) => ({
    case: `memory, ${peers.toLocaleString('en')} peers`,
    payload: PARTS[part],
    contestant: name,
    unit: 'KiB',
    values: found.map((answer) => answer[part] / 1024 / peers),
  })
  return [...answers].flatMap(([hub, found]) => {
    return Object.keys(PARTS).flatMap((part) => (found[0]?.[part] === undefined ? [] : [row(part, hub, found)]))
  })
}

/** A hub with idle peers, measured, and one without any. */
async function hold(hub, peers) {
  const [full, fresh, leaves] = [hub.start(), hub.start(), hub.leaves()]
  const where = await full.ask({ do: 'memory', peers })
  await leaves.ask({ do: 'leaves', peers, ...where })
  const found = await full.ask({ do: 'measure' })
  await fresh.ask({ do: 'memory', peers: 0 })
  await fresh.ask({ do: 'measure' })
  return { hub, found, full, fresh, processes: [leaves, full, fresh] }
}

async function measureAtRest({ hub, found, full, fresh }, ms) {
  if (ms === 0) return { hub, ...found }
  const [loaded, empty] = await Promise.all([full, fresh].map((process) => process.ask({ do: 'rest', ms })))
  if (loaded.unsupported !== undefined) return { hub, ...found }
  return { hub, ...found, restBytes: loaded.bytes - empty.bytes }
}
