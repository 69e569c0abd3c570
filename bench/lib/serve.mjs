// A contestant's side of the conversation: one JSON request a line on standard input, one JSON answer a line back.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

/**
 * Answers requests until standard input ends. A handler gets the request, and `next()` for a further line of input.
 *
 * @param {Record<string, (request: any, talk: { next: () => Promise<any>, say: (answer: object) => void }) => any>}
 *   handlers
 */
export async function serve(handlers) {
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  const next = async () => {
    const { value, done } = await lines.next()
    return done ? undefined : JSON.parse(value)
  }
  const setting = process.env['BENCH_PROFILE']
  const run = setting ? (await import('./profile.mjs')).createProfiler(setting) : (_, work) => work()
  const say = (answer) => void process.stdout.write(`${JSON.stringify(answer)}\n`)
  for (let request = await next(); request; request = await next()) {
    const handler = handlers[request.do]
    say(handler ? await run(request, () => handler(request, { next, say })) : { unsupported: request.do })
  }
  process.exit(0)
}

/** Runs `work` and says how long it took by the clock and by the processor. */
export async function timed(work) {
  const cpu = process.cpuUsage()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1e3
  const { user, system } = process.cpuUsage(cpu)
  return { seconds, cpuSeconds: (user + system) / 1e6 }
}

/** Counts what arrives; `reach` resolves when so many have come since it was asked. */
export function createCounter() {
  let missing = Infinity
  let arrived = () => undefined
  return {
    add() {
      if (--missing === 0) arrived()
    },
    reach(count) {
      missing = count
      return new Promise((resolve) => (arrived = resolve))
    },
  }
}

/** Resident memory and what the heap and buffers hold, after collecting what can be; needs `--expose-gc`. */
export async function settledMemory() {
  for (let i = 0; i < 5; i++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 120))
  }
  const { rss, heapUsed, external } = process.memoryUsage()
  return { rss, used: heapUsed + external }
}

/**
 * The answer to `memory`: tells where the hub is, waits until the driver has connected its peers, and measures.
 *
 * @param {{ addr: string, key?: string }} hub
 * @param {(peers: number) => Promise<void>} connected - resolves when the hub has so many
 */
export async function measureHub(hub, connected, { peers }, { next, say }) {
  const before = await settledMemory()
  say(hub)
  await next()
  await connected(peers)
  const after = await settledMemory()
  return { bytes: after.rss - before.rss, heapBytes: after.used - before.used }
}

/** The answer to `describe`; `manifest` is the URL of the `package.json` that has the version. */
export function describeNode(name, manifest) {
  const version = manifest ? JSON.parse(readFileSync(manifest, 'utf8')).version : process.versions.node
  return { name, version, runtime: `Node ${process.versions.node}` }
}
