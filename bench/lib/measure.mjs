// Measurements over all contestants, round by round, so that a change of the machine's mood meets all alike.
import { startContestant } from './contestant.mjs'

/**
 * One row of the result.
 *
 * @typedef {{ case: string, contestant: string, unit: string, values: number[], share?: number }} Row
 */

/** What one message costs is found out with rounds of at least this length, in milliseconds. */
const CALIBRATION_MS = 60

/**
 * Messages, or MB for large ones, per second of the core that both ends share. It is processor time that counts, so
 * that another program on the core changes little; the share of the clock's time says whether there was one.
 *
 * @returns {Promise<Row[]>}
 */
export async function measureThroughput(contestants, cases, { rounds, roundMs }) {
  const running = contestants.map((entry) => ({ ...entry, process: entry.start() }))
  const runs = []
  try {
    for (const one of cases) {
      for (const entry of running) {
        const request = { do: 'throughput', payload: one.payload.toString('base64'), snappy: one.snappy }
        const messages = await calibrate((count) => entry.process.ask({ ...request, messages: count }), roundMs)
        if (messages) runs.push({ one, entry, request: { ...request, messages }, answers: [] })
      }
    }
    await interleave(runs, rounds)
  } finally {
    for (const { process } of running) await process.stop()
  }
  return runs.map(({ one, entry, request, answers }) => ({
    case: one.name,
    contestant: entry.name,
    unit: one.unit,
    values: answers.map(
      ({ cpuSeconds }) => (request.messages * (one.unit === 'MB/s' ? one.payload.length / 1e6 : 1)) / cpuSeconds,
    ),
    share: shareOf(answers),
  }))
}

/** Connections per second of the core, with both handshakes. */
export async function measureHandshakes(contestants, { rounds, roundMs }) {
  const running = contestants.map((entry) => ({ ...entry, process: entry.start() }))
  const runs = []
  try {
    for (const entry of running) {
      const request = { do: 'handshakes', inFlight: 8 }
      const count = await calibrate((n) => entry.process.ask({ ...request, count: n }), roundMs)
      if (count) runs.push({ entry, request: { ...request, count }, answers: [] })
    }
    await interleave(runs, rounds)
  } finally {
    for (const { process } of running) await process.stop()
  }
  return runs.map(({ entry, request, answers }) => ({
    case: 'handshakes',
    contestant: entry.name,
    unit: '/s',
    values: answers.map(({ cpuSeconds }) => request.count / cpuSeconds),
    share: shareOf(answers),
  }))
}

/** KiB of resident memory per idle peer; each round with fresh processes. */
export async function measureMemory(contestants, peers, rounds) {
  const rows = new Map(contestants.map((entry) => [entry, { rss: [], heap: [] }]))
  for (let round = 0; round < rounds; round++) {
    for (const entry of contestants) {
      const { bytes, heapBytes } = await hubWithPeers(entry, peers)
      rows.get(entry).rss.push(bytes / 1024 / peers)
      if (heapBytes !== undefined) rows.get(entry).heap.push(heapBytes / 1024 / peers)
    }
  }
  const row = (entry, what, values) => ({ case: `memory, ${what}`, contestant: entry.name, unit: 'KiB', values })
  return [...rows].flatMap(([entry, { rss, heap }]) => [
    row(entry, 'resident', rss),
    ...(heap.length > 0 ? [row(entry, 'heap and buffers', heap)] : []),
  ])
}

async function hubWithPeers(entry, peers) {
  const hub = entry.start()
  const leaves = entry.startLeaves()
  try {
    const where = await hub.ask({ do: 'memory', peers })
    await leaves.ask({ do: 'leaves', peers, ...where })
    return await hub.ask({ do: 'measure' })
  } finally {
    await Promise.all([leaves.stop(), hub.stop()])
  }
}

async function interleave(runs, rounds) {
  for (let round = 0; round < rounds; round++) {
    for (const { entry, request, answers } of runs) answers.push(await entry.process.ask(request))
  }
}

/** How many fit into a round; 0 where the contestant can't do this at all. The first run warms up. */
async function calibrate(ask, roundMs) {
  for (let count = 4; ;) {
    const answer = await ask(count)
    if (answer.unsupported !== undefined) return 0
    const ms = answer.seconds * 1e3
    if (ms >= CALIBRATION_MS) return Math.max(4, Math.round((count * roundMs) / ms))
    count = Math.ceil(count * Math.min(8, Math.max(2, CALIBRATION_MS / Math.max(ms, 0.1))))
  }
}

/** How much of the time its core worked for it: far below 1 it waited, or the machine was busy. */
function shareOf(answers) {
  return median(answers.map(({ seconds, cpuSeconds }) => cpuSeconds / seconds))
}

export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]
}

/** A Node contestant, by its file under `bench/`. */
export function nodeContestant(name, file) {
  return { name, start: () => startContestant(process.execPath, ['--expose-gc', file]) }
}

/** go-ethereum, at the layer `rlpx` or `server`. */
export function goContestant(name, gobench, layer) {
  return { name, start: () => startContestant(gobench, [layer], { env: { GOMAXPROCS: '1' } }) }
}
