// How a case gets at both ends of a fresh link.
import { delay } from '../../base/abort.ts'
import { bytesToUtf8, concatBytes, toHex, utf8ToBytes } from '../../base/bytes.ts'
import { systemRandom } from '../../base/random.ts'
import type { CaseReport, CaseScript, ReportScript } from './case-server.ts'
import { check, checkEqual, inTime, type TransportEnv } from './env.ts'
import { Probe } from './probe.ts'

/** Long enough for what should not happen to happen, were it to. */
const QUIET_MS = 60

/** A link whose listening end does as its script says. */
export interface Connected {
  readonly id: string
  /** Our end. */
  readonly probe: Probe
}

/** Dials and says what the other end shall do; our end is not open yet. */
export async function connectUnopened(env: TransportEnv, script: Omit<CaseScript, 'id'>): Promise<Connected> {
  // Unlike in another run of the cases against the same listener.
  const id = toHex(systemRandom.bytes(8))
  const probe = await dialProbe(env)
  sayScript(probe, { ...script, id })
  return { id, probe }
}

export async function connect(env: TransportEnv, script: Omit<CaseScript, 'id'>): Promise<Connected> {
  const connected = await connectUnopened(env, script)
  connected.probe.open()
  return connected
}

async function dialProbe(env: TransportEnv): Promise<Probe> {
  const link = await inTime(env.clock, env.transport.dial(env.endpoint), () => 'the dialed link')
  return new Probe(link, env.clock)
}

function sayScript(probe: Probe, script: CaseScript | ReportScript): void {
  probe.write(utf8ToBytes(`${JSON.stringify(script)}\n`))
  probe.sent = 0
}

/** What the listening end saw of the link so far, or when `until` holds. */
export async function reportOf(env: TransportEnv, id: string, until?: ReportScript['until']): Promise<CaseReport> {
  const probe = await dialProbe(env)
  let text: Uint8Array = new Uint8Array(0)
  probe.checksPattern = probe.scribbles = false
  probe.onBytes = (chunk) => {
    text = concatBytes(text, chunk)
  }
  probe.open()
  sayScript(probe, until === undefined ? { report: id } : { report: id, until })
  await probe.ended()
  return JSON.parse(bytesToUtf8(text)) as CaseReport
}

/** Lets time pass in which nothing should happen. */
export async function quiet(env: TransportEnv, ms: number = QUIET_MS): Promise<void> {
  await delay(env.clock, ms)
}

/** Checks that neither end saw a promise broken, and that each was told its end once. */
export async function checkBothEnded(env: TransportEnv, { id, probe }: Connected): Promise<CaseReport> {
  await probe.ended()
  const report = await reportOf(env, id, 'end')
  await quiet(env)
  checkEqual(probe.ends, 1, 'ends told to the dialing end')
  checkEqual(report.ends, 1, 'ends told to the listening end')
  checkUnbroken(probe, report)
  return report
}

export function checkUnbroken(probe: Probe, report?: CaseReport): void {
  check(probe.broken().length === 0, `the dialing end: ${probe.broken().join('; ')}`)
  if (report) check(report.violations.length === 0, `the listening end: ${report.violations.join('; ')}`)
}
