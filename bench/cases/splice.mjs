// What a relay's links cost it, spliced on their raw sockets, beside what `ws` receives and sends; and what they cost
// each other.
import { median } from '../lib/measure.mjs'

const SIZES = [
  [65_536, '64 KiB'],
  [1024, '1 KiB'],
  [100, '100 B'],
]
const KINDS = [
  [false, 'WebSocket to WebSocket'],
  [true, 'WebSocket to TCP'],
]
/** Which way leads to the end that doesn't read. */
const STALLS = [
  ['WebSocket to WebSocket', false, false],
  ['WebSocket to TCP', true, false],
  ['TCP to WebSocket', true, true],
]
const FAIR_LINKS = 50
const STALLED_LINKS = 200

/** @type {import('./index.mjs').Case} */
export const splice = {
  name: 'splice',
  title: 'Links through a relay: processor time of the relay, and what one link does to others',
  references: { ws: 'ws relay' },
  measure: async ({ contestants, options }) => {
    const relays = contestants.filter(({ over }) => over === 'splice').map((entry) => open(entry))
    try {
      const rows = []
      for (const tcp of KINDS.map(([first]) => first)) {
        for (const relay of relays) await listen(relay, tcp)
        for (const [bytes, size] of SIZES) rows.push(...(await rates(relays, { tcp, bytes, size }, options)))
        rows.push(...(await opens(relays, tcp, options)))
      }
      for (const relay of relays.filter(({ name }) => name.startsWith('peerwire'))) {
        rows.push(...(await shares(relay, options)), ...(await delays(relay, options)), ...(await stalls(relay)))
      }
      return rows
    } finally {
      await Promise.all(relays.flatMap(({ hub, ends, others }) => [hub.stop(), ends.stop(), others.stop()]))
    }
  },
}

function open({ name, start, ends }) {
  return { name, hub: start(), ends: ends(), others: ends(), ports: new Map() }
}

/** From now on its links lead there. */
async function listen({ hub, ends, ports }, tcp) {
  const { target } = tcp ? await ends.ask({ do: 'target' }) : {}
  ports.set(tcp, (await hub.ask({ do: 'open', target })).port)
}

/** Rounds of all relays in turns. */
async function inRounds(relays, rounds, measure) {
  const values = relays.map(() => [])
  // The first warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const [i, relay] of relays.entries()) {
      const value = await measure(relay)
      if (round > 0) values[i].push(value)
    }
  }
  return values
}

async function rates(relays, { tcp, bytes, size }, { rounds, roundMs }) {
  const values = await inRounds(relays, rounds, async ({ hub, ends, ports }) => {
    await ends.ask({ do: 'stream', port: ports.get(tcp), tcp, messageBytes: bytes, ms: roundMs })
    await hub.ask({ do: 'begin' })
    const answer = await ends.ask({ do: 'count' })
    const { cpuSeconds } = await hub.ask({ do: 'spent' })
    await ends.ask({ do: 'end' })
    return answer.bytes[0] / 1e6 / cpuSeconds
  })
  return relays.map(({ name }, i) => ({
    case: `splice, ${kindOf(tcp)}`,
    payload: `${size} messages`,
    contestant: name,
    unit: 'MB/s',
    values: values[i],
  }))
}

async function opens(relays, tcp, { rounds, quick }) {
  const count = quick ? 300 : 1000
  const values = await inRounds(relays, rounds, async ({ hub, ends, ports }) => {
    await hub.ask({ do: 'begin' })
    await ends.ask({ do: 'churn', port: ports.get(tcp), tcp, count, atOnce: tcp ? 1 : 16 })
    return (1e6 * (await hub.ask({ do: 'spent' })).cpuSeconds) / count
  })
  return relays.map(({ name }, i) => ({
    case: `splice, ${kindOf(tcp)}`,
    payload: 'open, echo 100 B, close',
    contestant: name,
    unit: 'µs',
    values: values[i],
  }))
}

/** What the one gets that keeps most waiting, in percent over the mean of all. */
async function shares({ name, ends, ports }, { rounds, quick }) {
  const values = []
  for (let round = 0; round < rounds; round++) {
    const request = { port: ports.get(true), tcp: true, messageBytes: 16_384, count: FAIR_LINKS, greedy: 64 }
    await ends.ask({ do: 'stream', ...request, ms: quick ? 1_000 : 3_000 })
    const { bytes } = await ends.ask({ do: 'count' })
    await ends.ask({ do: 'end' })
    const mean = bytes.reduce((sum, one) => sum + one, 0) / bytes.length
    values.push((100 * bytes[0]) / mean - 100)
  }
  const row = { case: 'splice, a greedy link of 50', payload: 'over its share', contestant: name }
  return [{ ...row, unit: '%', values }]
}

/** What floods of messages of one byte add to a round trip of 100 bytes. */
async function delays({ name, ends, others, ports }, { rounds }) {
  const found = new Map([0, 1, 8].map((flooders) => [flooders, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [flooders, trips] of found) {
      if (flooders > 0) await others.ask({ do: 'flood', port: ports.get(false), tcp: false, count: flooders })
      const { ms } = await ends.ask({ do: 'trips', port: ports.get(false), tcp: false, count: 60 })
      if (flooders > 0) await others.ask({ do: 'end' })
      trips.push(ms)
    }
  }
  const quiet = median(found.get(0).map((ms) => median(ms)))
  return [...found].map(([flooders, trips]) => ({
    case: 'splice, round trip of 100 B',
    payload: flooders === 0 ? 'alone' : `added by ${flooders} of 1 B messages`,
    contestant: name,
    unit: 'ms',
    values: trips.map((ms) => median(ms) - (flooders === 0 ? 0 : quiet)),
  }))
}

/** What a link takes whose end doesn't read, beyond an idle one. */
async function stalls({ name, hub, ends, ports }) {
  const rows = []
  for (const [payload, tcp, back] of STALLS) {
    await ends.ask({ do: 'stalled', port: ports.get(tcp), tcp, back, count: STALLED_LINKS })
    const idle = await hub.ask({ do: 'memory' })
    await ends.ask({ do: 'fill' })
    const full = await hub.ask({ do: 'memory' })
    await ends.ask({ do: 'end' })
    const row = { case: 'splice, a slow reader', contestant: name, unit: 'KiB' }
    const each = (part) => [(full[part] - idle[part]) / STALLED_LINKS / 1024]
    rows.push({ ...row, payload: `${payload}, resident`, values: each('rss') })
    rows.push({ ...row, payload: `${payload}, heap and buffers`, values: each('used') })
  }
  return rows
}

function kindOf(wanted) {
  return KINDS.find(([tcp]) => tcp === wanted)[1]
}
