// Acceptance cases: a refusal is an end, told once to both ends, and where the transport has codes it says why.
import { DiscReason } from '../../errors/disc-reason.ts'
import { PeerError } from '../../errors/peer-error.ts'
import type { Refusal } from '../../wire/refusal.ts'
import { RefusalCode, refusalText } from '../../wire/refusal-text.ts'
import type { CaseScript } from './case-server.ts'
import { checkBothEnded, connect, type Connected, connectUnopened, quiet, reportOf } from './connect.ts'
import { check, checkEqual, someBytes, type TransportCase, type TransportEnv } from './env.ts'

const { throttled, draining } = RefusalCode
const TEXT = refusalText('throttled', 'more than 200 at once; slower', 7)

export const refusalCases: readonly TransportCase[] = [
  { name: 'refuse of the listening end before it reads is told with name, time and words', run: tellsWhy },
  { name: 'refuse of the listening end before our open is told once after it', run: refusedBeforeOpen },
  { name: 'refuse of the listening end twice, while we send, is told once', run: refusedWhileSending },
  { name: 'refuse with a text that is too long tells its beginning', run: tellsBeginning },
  { name: 'refuse of the dialing end is told once to both ends', run: refusesOurselves },
  { name: 'refuse tells its own end the error it was given', run: tellsOwnError },
  { name: 'abort after refuse ends the waiting', run: abortAfterRefuse },
]

// Where a transport aborts, that would drop the script as well.
async function connectKnown(env: TransportEnv): Promise<Connected> {
  const connected = await connect(env, {})
  await reportOf(env, connected.id)
  return connected
}

function refusing(code: number, text: string): Omit<CaseScript, 'id'> {
  return { end: 'refuse', endAfter: 0, code, text }
}

function checkTold(env: TransportEnv, { probe }: Connected, name: string, retryAfterMs: number | undefined): void {
  const { error } = probe
  if (!env.tellsRefusals) {
    return check(error === undefined || error.code === 'link lost', `an abort was told as ${String(error)}`)
  }
  checkEqual(error?.code, 'relay refused', 'code of the refusal')
  const cause = error?.cause as Refusal
  checkEqual(cause.name, name, 'name of the refusal')
  checkEqual(cause.retryAfterMs, retryAfterMs, 'wait of the refusal')
}

async function tellsWhy(env: TransportEnv): Promise<void> {
  const connected = await connect(env, refusing(throttled, TEXT))
  await checkBothEnded(env, connected)
  checkTold(env, connected, 'throttled', 7_000)
  if (env.tellsRefusals) {
    checkEqual(connected.probe.error?.message, 'throttled: more than 200 at once; slower', 'words of the refusal')
  }
}

async function refusedBeforeOpen(env: TransportEnv): Promise<void> {
  const connected = await connectUnopened(env, refusing(draining, 'draining; retry=0; for good'))
  await quiet(env)
  connected.probe.open()
  await checkBothEnded(env, connected)
  checkTold(env, connected, 'draining', Infinity)
}

async function refusedWhileSending(env: TransportEnv): Promise<void> {
  const connected = await connect(env, { ...refusing(throttled, TEXT), endAfter: someBytes(env) >> 4, endTimes: 2 })
  connected.probe.writePattern(someBytes(env))
  await checkBothEnded(env, connected)
  // What was under way both ways may have hidden it; nothing else may be told.
  const { error } = connected.probe
  check(
    error === undefined || error.code === 'relay refused' || error.code === 'link lost',
    `a refusal was told as ${String(error)}`,
  )
}

async function tellsBeginning(env: TransportEnv): Promise<void> {
  const connected = await connect(env, refusing(throttled, `full; retry=3; ${'ä'.repeat(200)}`))
  await checkBothEnded(env, connected)
  checkTold(env, connected, 'full', 3_000)
  if (env.tellsRefusals) check(/^full: ä{40,}$/.test(connected.probe.error!.message), 'the words were not cut whole')
}

async function refusesOurselves(env: TransportEnv): Promise<void> {
  const connected = await connectKnown(env)
  for (let time = 0; time < 2; time++) connected.probe.refuse(throttled, TEXT)
  checkEqual(connected.probe.write(new Uint8Array(10)), false, 'write after a refusal')
  const report = await checkBothEnded(env, connected)
  checkEqual(connected.probe.error, undefined, 'error of a refusal of our own')
  if (env.tellsRefusals) checkEqual(report.error, 'relay refused', 'error at the listening end')
}

async function tellsOwnError(env: TransportEnv): Promise<void> {
  const connected = await connectKnown(env)
  const error = new PeerError('test error', DiscReason.requested, 'made by the case')
  connected.probe.refuse(throttled, TEXT, error)
  await checkBothEnded(env, connected)
  check(connected.probe.error === error, `the error was ${String(connected.probe.error)}`)
}

async function abortAfterRefuse(env: TransportEnv): Promise<void> {
  const { probe } = await connect(env, { pauseAfter: 0, pauseMs: 2_000 })
  for (let piece = 0; piece < 4; piece++) probe.writePattern(someBytes(env))
  probe.refuse(throttled, TEXT)
  probe.abort()
  await probe.ended()
  checkEqual(probe.link.bufferedBytes, 0, 'bufferedBytes after abort')
}
