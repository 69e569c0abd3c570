// How long an item takes from a relay that accepted it to its peers, who are in another process: announced, asked for
// and sent, over TCP. The clock's time counts here, so a busy machine shows.

const ITEM_BYTES = 1024
/** Items in one round, one after the other. */
const ITEMS = 10

/** @type {import('./index.mjs').Case} */
export const relay = {
  name: 'relay',
  title: 'From an accepted item to the peers of one relay',
  references: {},
  measure: async ({ contestants, options }) => {
    const peers = options.quick ? 200 : 1000
    const rows = []
    for (const { name, start, askers } of contestants) {
      if (askers) rows.push(...rowsOf(name, peers, await measureRelay(start(), askers(), peers, options.rounds)))
    }
    return rows
  },
}

async function measureRelay(hub, askers, peers, rounds) {
  try {
    const where = await hub.ask({ do: 'hub', peers })
    await askers.ask({ do: 'crowd', peers, ...where })
    const found = []
    // The first warms up.
    for (let i = 0; i <= rounds * ITEMS; i++) {
      await askers.ask({ do: 'expect', peers })
      const { cpu } = await hub.ask({ do: 'publish', bytes: ITEM_BYTES, peers })
      const { arrivals } = await askers.answer('arrivals')
      const { cpuSeconds } = await hub.ask({ do: 'spent', cpu })
      if (i > 0) found.push({ arrivals, cpuSeconds })
    }
    return found
  } finally {
    await Promise.all([askers.stop(), hub.stop()])
  }
}

function rowsOf(contestant, peers, found) {
  const row = (part, valueOf) => ({
    case: `relay, ${peers.toLocaleString('en')} peers`,
    payload: `1 KiB item, ${part}`,
    snappy: true,
    contestant,
    unit: 'ms',
    values: found.map(valueOf),
  })
  const after = (share) => (one) => one.arrivals[Math.ceil(share * one.arrivals.length) - 1]
  return [
    row('to half of them', after(0.5)),
    row('to 99 %', after(0.99)),
    row("relay's processor time", ({ cpuSeconds }) => cpuSeconds * 1e3),
  ]
}
