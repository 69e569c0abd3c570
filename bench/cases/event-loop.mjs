// How long the loop of a node with many peers is held up, while they send and it passes each message on.
import { randomPayload } from '../lib/payloads.mjs'

const PAYLOAD = randomPayload(200).toString('base64')
const PEERS = 1000
const PER_SECOND = 20_000
const SECONDS = 5

/** @type {import('./index.mjs').Case} */
export const eventLoop = {
  name: 'event-loop',
  long: true,
  title: `The loop of a node with ${PEERS} peers that pass ${PER_SECOND} messages a second through it`,
  references: {},
  measure: async ({ contestants, options }) => {
    const rows = []
    for (const entry of contestants.filter(({ chatter }) => chatter)) {
      rows.push(...(await measureNode(entry, options.quick ? 1 : Math.min(3, options.rounds))))
    }
    return rows
  },
}

async function measureNode({ name, start, chatter }, rounds) {
  const [hub, peers] = [start(), chatter()]
  const found = []
  try {
    const where = await hub.ask({ do: 'hub', peers: PEERS, passOn: true })
    await peers.ask({ do: 'leaves', peers: PEERS, ...where })
    // The first warms up.
    for (let round = 0; round <= rounds; round++) {
      const messages = PER_SECOND * SECONDS
      const request = { do: 'chatter', perSecond: PER_SECOND, seconds: SECONDS, payload: PAYLOAD }
      const [measured] = await Promise.all([hub.ask({ do: 'delay', messages }), peers.ask(request)])
      if (round > 0) found.push({ ...measured, rate: messages / measured.seconds })
    }
  } finally {
    await Promise.all([peers.stop(), hub.stop()])
  }
  const row = (part, unit, values) => ({
    case: 'event loop, 1,000 peers',
    payload: part,
    contestant: name,
    unit,
    values,
  })
  return [
    row(
      'messages',
      '/s',
      found.map(({ rate }) => rate),
    ),
    ...['p50', 'p99', 'max'].map((part) =>
      row(
        `delay ${part}`,
        'ms',
        found.map((answer) => answer[part]),
      ),
    ),
    row(
      'work between two timers p99',
      'ms',
      found.map(({ worked99 }) => worked99),
    ),
    row(
      'processor time of a message',
      'µs',
      found.map(({ cpuSeconds }) => (1e6 * cpuSeconds) / (PER_SECOND * SECONDS)),
    ),
    row(
      'share of a core',
      '%',
      found.map(({ cpuSeconds, seconds }) => (100 * cpuSeconds) / seconds),
    ),
  ]
}
