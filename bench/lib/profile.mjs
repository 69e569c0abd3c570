// Profiles of what a contestant does for a request: processor time, or what it allocates, living or dead.
import { mkdirSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { basename, join } from 'node:path'

/** Between two samples of the stack, in microseconds. */
const CPU_INTERVAL_US = 200
/** Between two samples of allocations, in bytes on average. */
const ALLOCATION_INTERVAL_BYTES = 2048
/** Lines of the summary. */
const TOP = 40

const KINDS = {
  cpu: {
    ending: 'cpuprofile',
    unit: 'ms',
    start: async (session) => {
      await session.post('Profiler.enable')
      await session.post('Profiler.setSamplingInterval', { interval: CPU_INTERVAL_US })
      await session.post('Profiler.start')
    },
    stop: async (session) => (await session.post('Profiler.stop')).profile,
    // Samples name the node that was running, and how long since the one before.
    costs: ({ nodes, samples, timeDeltas }) => {
      const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
      return samples.map((id, i) => ({ frame: frames.get(id), cost: timeDeltas[i] / 1e3 }))
    },
  },
  allocations: {
    ending: 'heapprofile',
    unit: 'KiB',
    start: (session) =>
      session.post('HeapProfiler.startSampling', {
        samplingInterval: ALLOCATION_INTERVAL_BYTES,
        includeObjectsCollectedByMajorGC: true,
        includeObjectsCollectedByMinorGC: true,
      }),
    stop: async (session) => (await session.post('HeapProfiler.stopSampling')).profile,
    costs: ({ head }) => {
      const all = [{ node: head, caller: undefined }]
      for (const { node } of all) all.push(...node.children.map((child) => ({ node: child, caller: node.callFrame })))
      return all.map(({ node, caller }) => ({ frame: node.callFrame, caller, cost: node.selfSize / 1024 }))
    },
  },
}

/**
 * @param {string} setting - `cpu` or `allocations`, a colon, and the folder for profiles: of each kind of request the
 *   last one, for a browser's developer tools, and a summary
 * @returns {(request: { do: string }, work: () => any) => Promise<any>} runs `work`, gives its answer
 */
export function createProfiler(setting) {
  const at = setting.indexOf(':')
  const kind = KINDS[setting.slice(0, at)]
  if (!kind) throw new Error(`what to profile is one of ${Object.keys(KINDS).join(', ')}, not ${setting.slice(0, at)}`)
  const folder = setting.slice(at + 1)
  mkdirSync(folder, { recursive: true })
  const program = [basename(process.argv[1], '.mjs'), ...process.argv.slice(2)].join('-')
  const session = new Session()
  session.connect()
  return async (request, work) => {
    await kind.start(session)
    const answer = await work()
    const profile = await kind.stop(session)
    const file = join(folder, `${program}-${request.do}.${kind.ending}`)
    writeFileSync(file, JSON.stringify(profile))
    writeFileSync(`${file}.txt`, summaryOf(kind.costs(profile), kind.unit))
    return answer
  }
}

function summaryOf(costs, unit) {
  const sums = new Map()
  for (const { frame, caller, cost } of costs) {
    // What is built in tells little without who asked for it.
    const name = frame.url || !caller ? nameOf(frame) : `${nameOf(frame)}, for ${nameOf(caller)}`
    sums.set(name, (sums.get(name) ?? 0) + cost)
  }
  const lines = [...sums].toSorted(([, a], [, b]) => b - a).slice(0, TOP)
  return lines.map(([name, cost]) => `${cost.toFixed(1).padStart(10)} ${unit}  ${name}\n`).join('')
}

function nameOf({ functionName, url, lineNumber }) {
  const place = url ? ` ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}` : ''
  return `${functionName || '(anonymous)'}${place}`
}
