// Acceptance cases: every way in which a link may end, from both ends, in every state, told once.
import { DiscReason } from '../../errors/disc-reason.ts'
import { PeerError } from '../../errors/peer-error.ts'
import type { CaseScript } from './case-server.ts'
import { checkBothEnded, connect, type Connected, connectUnopened, quiet, reportOf } from './connect.ts'
import { check, checkEqual, someBytes, type TransportCase, type TransportEnv } from './env.ts'
import type { Probe } from './probe.ts'

type Way = 'close' | 'abort'
const WAYS: readonly Way[] = ['close', 'abort']

/** How long an abort may take to be told, also when the remote does nothing. */
const PROMPT_MS = 1_000

/** States that our end may be in when it ends the link; each answers a link in that state. */
const OUR_STATES: Readonly<Record<string, (env: TransportEnv) => Promise<Connected>>> = {
  'before open': (env) => connectUnopened(env, {}),
  'when idle': (env) => connect(env, {}),
  'while bytes wait to be sent': async (env) => {
    const connected = await connect(env, { pauseAfter: 0, pauseMs: 300 })
    connected.probe.writePattern(someBytes(env))
    return connected
  },
  'while bytes arrive': async (env) => {
    const connected = await connect(env, { send: someBytes(env) })
    await connected.probe.until(() => connected.probe.received > 0, 'the first bytes')
    return connected
  },
  'while paused': async (env) => {
    const connected = await connect(env, { send: 200_000 })
    connected.probe.pause()
    await quiet(env)
    return connected
  },
}

export const endCases: readonly TransportCase[] = [
  ...WAYS.flatMap((way) => ourEndCases(way)),
  ...WAYS.flatMap((way) => theirEndCases(way)),
  { name: 'close sends all that was written before, from the dialing end', run: closeFlushes },
  { name: 'close sends all that was written before, from the listening end', run: remoteCloseFlushes },
  { name: 'ends once when both ends close at once', run: (env) => bothAtOnce(env, 'close') },
  { name: 'ends once when both ends abort at once', run: (env) => bothAtOnce(env, 'abort') },
  { name: 'abort tells the error it was given', run: abortTellsError },
  { name: 'abort is told promptly though the remote does not read', run: abortIsPrompt },
  { name: 'abort after close ends the waiting', run: abortAfterClose },
  { name: 'may be ended from inside bytes', run: endInsideBytes },
  { name: 'may be ended from inside drain', run: endInsideDrain },
]

function ourEndCases(way: Way): readonly TransportCase[] {
  const cases = Object.entries(OUR_STATES).map(([state, reach]) => ({
    name: `${way} ${state} is told once to both ends`,
    run: async (env: TransportEnv) => await endOurs(env, await reach(env), (probe) => probe[way]()),
  }))
  const twice = {
    name: `${way} twice, and the other way after it, is told once`,
    run: async (env: TransportEnv) =>
      await endOurs(env, await connect(env, {}), (probe) => {
        for (const next of [way, way, ...WAYS]) probe[next]()
      }),
  }
  return [...cases, twice]
}

async function endOurs(env: TransportEnv, connected: Connected, end: (probe: Probe) => void): Promise<void> {
  const { probe, id } = connected
  // An abort would drop the script as well.
  await reportOf(env, id)
  end(probe)
  checkHarmless(probe)
  if (!probe.opened) probe.open()
  await checkBothEnded(env, connected)
  checkEqual(probe.error, undefined, 'error of an end by ourselves')
  checkHarmless(probe)
}

// Everything may still be called, and nothing comes of it.
function checkHarmless(probe: Probe): void {
  checkEqual(probe.write(new Uint8Array(10)), false, 'write after the end')
  probe.pause()
  probe.resume()
  if (probe.ends > 0) {
    checkEqual(probe.link.bufferedBytes, 0, 'bufferedBytes after the end')
    for (const way of WAYS) probe[way]()
  }
}

type TheirRound = readonly [
  state: string,
  script: (someBytes: number) => Omit<CaseScript, 'id'>,
  run: (probe: Probe, someBytes: number) => void,
]

function theirEndCases(way: Way): readonly TransportCase[] {
  const rounds: readonly TheirRound[] = [
    ['when idle', () => ({ end: way, endAfter: 0 }), () => undefined],
    ['twice', () => ({ end: way, endAfter: 0, endTimes: 2 }), () => undefined],
    ['while it sends', (some) => ({ send: some, end: way, endAfter: 1 }), (probe) => probe.writePattern(1)],
    ['while we send', (some) => ({ end: way, endAfter: some >> 4 }), (probe, some) => probe.writePattern(some)],
    ['after a pause of ours', () => ({ send: 50_000, end: way }), (probe) => probe.pause()],
  ]
  const cases = rounds.map(([state, script, run]) => ({
    name: `${way} of the listening end ${state} is told once to both ends`,
    run: async (env: TransportEnv) => {
      const some = someBytes(env)
      await endTheirs(env, await connect(env, script(some)), (probe) => run(probe, some))
    },
  }))
  const unopened = `${way} of the listening end before our open is told once after it`
  return [...cases, { name: unopened, run: async (env: TransportEnv) => await endBeforeOpen(env, way) }]
}

async function endTheirs(env: TransportEnv, connected: Connected, run: (probe: Probe) => void): Promise<void> {
  const { probe } = connected
  run(probe)
  await quiet(env)
  probe.resume()
  await checkBothEnded(env, connected)
  checkLoss(probe)
  checkHarmless(probe)
}

async function endBeforeOpen(env: TransportEnv, way: Way): Promise<void> {
  const connected = await connectUnopened(env, { end: way, endAfter: 0 })
  await quiet(env)
  connected.probe.open()
  await checkBothEnded(env, connected)
  checkLoss(connected.probe)
}

// A transport need not know an abort from an end in order; if it does, this is its name.
function checkLoss({ error }: Probe): void {
  check(error === undefined || error.code === 'link lost', `the end of the remote was told as ${String(error)}`)
}

async function closeFlushes(env: TransportEnv): Promise<void> {
  const connected = await connect(env, {})
  connected.probe.writePattern(someBytes(env))
  connected.probe.close()
  const report = await checkBothEnded(env, connected)
  checkEqual(report.received, someBytes(env), 'bytes the listening end received')
  checkEqual(report.error, null, 'error at the listening end')
}

async function remoteCloseFlushes(env: TransportEnv): Promise<void> {
  const connected = await connect(env, { send: someBytes(env), greedy: true, end: 'close' })
  await checkBothEnded(env, connected)
  checkEqual(connected.probe.received, someBytes(env), 'bytes before the end')
  checkEqual(connected.probe.error, undefined, 'error of an end in order')
}

async function bothAtOnce(env: TransportEnv, way: Way): Promise<void> {
  const connected = await connect(env, { end: way, endAfter: 1 })
  connected.probe.writePattern(1)
  await Promise.resolve()
  connected.probe[way]()
  await connected.probe.ended()
  checkEqual(connected.probe.error, undefined, 'error of an end by ourselves')
  if (way === 'close') await checkBothEnded(env, connected)
}

async function abortTellsError(env: TransportEnv): Promise<void> {
  const connected = await connect(env, { send: someBytes(env) })
  const error = new PeerError('test error', DiscReason.requested, 'made by the case')
  await connected.probe.until(() => connected.probe.received > 0, 'the first bytes')
  connected.probe.abort(error)
  connected.probe.abort(new PeerError('test error', DiscReason.requested, 'a later one'))
  await checkBothEnded(env, connected)
  check(connected.probe.error === error, `the error was ${String(connected.probe.error)}`)
}

async function abortIsPrompt(env: TransportEnv): Promise<void> {
  const { probe } = await connect(env, { pauseAfter: 0, pauseMs: 2 * PROMPT_MS })
  for (let piece = 0; piece < 4; piece++) probe.writePattern(someBytes(env))
  const startMs = env.clock.now()
  probe.abort()
  await probe.ended()
  check(env.clock.now() - startMs < PROMPT_MS, `abort took ${env.clock.now() - startMs} ms`)
  checkEqual(probe.link.bufferedBytes, 0, 'bufferedBytes after abort')
}

async function abortAfterClose(env: TransportEnv): Promise<void> {
  const { probe } = await connect(env, { pauseAfter: 0, pauseMs: 2 * PROMPT_MS })
  for (let piece = 0; piece < 4; piece++) probe.writePattern(someBytes(env))
  probe.close()
  await quiet(env)
  checkEqual(probe.ends, 0, 'ends told while written bytes wait')
  probe.abort()
  await quiet(env)
  checkEqual(probe.ends, 1, 'ends told after abort')
}

async function endInsideBytes(env: TransportEnv): Promise<void> {
  for (const way of WAYS) {
    const connected = await connectUnopened(env, { send: someBytes(env) })
    connected.probe.onBytes = () => connected.probe[way]()
    connected.probe.open()
    await checkBothEnded(env, connected)
  }
}

async function endInsideDrain(env: TransportEnv): Promise<void> {
  for (const way of WAYS) {
    const connected = await connect(env, {})
    const { probe, id } = connected
    probe.onDrain = () => probe[way]()
    while (probe.writePattern(someBytes(env)));
    await checkBothEnded(env, connected)
    const report = await reportOf(env, id)
    if (way === 'close') checkEqual(report.received, probe.sent, 'bytes the listening end received')
  }
}
