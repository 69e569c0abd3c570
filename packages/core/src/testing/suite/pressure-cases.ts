// Acceptance cases: a reader that stops holds back the writer, and memory stays bounded on both sides.
import { checkBothEnded, checkUnbroken, connect, type Connected, connectUnopened, quiet, reportOf } from './connect.ts'
import {
  bulkBytes,
  check,
  checkEqual,
  maxUnderWayBytes,
  someBytes,
  type TransportCase,
  type TransportEnv,
} from './env.ts'
import type { Probe } from './probe.ts'

const PIECE_BYTES = 65_536

/** What may wait in the writer's process: the high-water mark of any transport of ours, and one piece. */
const MAX_BUFFERED_BYTES = 2_097_152

/** How long no drain has to come until the way is taken for full. */
const FULL_MS = 300

/** How often the count of sent bytes is looked at, and the greatest part of a large write that may go between two. */
const LOOK_MS = 1
const MOST_OF_STEP = 0.5

export const pressureCases: readonly TransportCase[] = [
  { name: 'holds back a writer whose reader has stopped, and goes on after it', run: readerStops },
  { name: 'holds back the listening end while the dialing end is paused', run: pausedDialer },
  { name: 'holds back the listening end while the dialing end is not open', run: unopenedDialer },
  { name: 'delivers nothing between pause and resume, whatever their number', run: pauseOften },
  { name: 'counts what was sent of a large write while it is under way', run: countsSent },
  { name: 'says drain once for each time the mark was passed', run: drainsOnce },
]

/** Writes until no drain comes any more. */
async function fill(env: TransportEnv, probe: Probe): Promise<void> {
  const limit = 2 * maxUnderWayBytes(env)
  const go = (): void => {
    while (probe.sent < limit && probe.writePattern(PIECE_BYTES));
  }
  probe.onDrain = go
  go()
  for (let before = -1; before !== probe.drains; await quiet(env, FULL_MS)) before = probe.drains
  probe.onDrain = undefined
}

async function readerStops(env: TransportEnv): Promise<void> {
  const connected = await connect(env, { pauseAfter: 0 })
  const { probe, id } = connected
  await fill(env, probe)
  const accepted = probe.sent
  check(accepted <= maxUnderWayBytes(env), `a writer got rid of ${accepted} bytes though nobody read them`)
  check(probe.maxBufferedBytes <= MAX_BUFFERED_BYTES, `${probe.maxBufferedBytes} bytes waited in the writer's process`)
  check(probe.link.bufferedBytes > 0, 'write answered false though nothing was waiting')
  const { drains } = probe
  await reportOf(env, id, 'resumed')
  await probe.until(() => probe.drains > drains, 'the drain after the reader went on')
  const report = await reportOf(env, id, accepted)
  checkEqual(report.received, accepted, 'bytes the listening end received')
  probe.close()
  await checkBothEnded(env, connected)
}

async function pausedDialer(env: TransportEnv): Promise<void> {
  const total = 2 * maxUnderWayBytes(env)
  const connected = await connect(env, { send: total })
  const { probe } = connected
  probe.onBytes = () => {
    probe.onBytes = undefined
    probe.pause()
  }
  await probe.until(() => probe.received > 0, 'the first bytes')
  if (!env.canPauseReading) return await checkCapped(env, probe)
  await checkHeldBack(env, connected)
  probe.resume()
  await probe.until(() => probe.received === total, 'all bytes after resume')
  probe.close()
  await checkBothEnded(env, connected)
}

async function unopenedDialer(env: TransportEnv): Promise<void> {
  const total = 2 * maxUnderWayBytes(env)
  const connected = await connectUnopened(env, { send: total })
  const { probe } = connected
  if (!env.canPauseReading) {
    await quiet(env, FULL_MS)
    probe.open()
    probe.pause()
    return await checkCapped(env, probe)
  }
  await checkHeldBack(env, connected)
  probe.open()
  await probe.until(() => probe.received === total, 'all bytes after open')
  probe.close()
  await checkBothEnded(env, connected)
}

// The listening end's `sent` stops growing within the bound.
async function checkHeldBack(env: TransportEnv, { id, probe }: Connected): Promise<void> {
  let before = -1
  let report = await reportOf(env, id)
  while (report.sent !== before) {
    before = report.sent
    await quiet(env, FULL_MS)
    report = await reportOf(env, id)
  }
  const unread = report.sent - probe.received
  check(unread <= maxUnderWayBytes(env), `${unread} bytes were sent though nobody read them`)
  check(
    report.maxBufferedBytes <= MAX_BUFFERED_BYTES,
    `${report.maxBufferedBytes} bytes waited in the sender's process`,
  )
}

async function checkCapped(env: TransportEnv, probe: Probe): Promise<void> {
  const { received } = probe
  await probe.ended()
  checkEqual(probe.error?.code, 'receive queue full', 'error of a link with too many unread bytes')
  checkEqual(probe.received, received, 'bytes given while paused')
  await quiet(env)
  checkEqual(probe.ends, 1, 'ends told')
  checkUnbroken(probe)
}

async function pauseOften(env: TransportEnv): Promise<void> {
  const total = someBytes(env)
  const connected = await connect(env, { send: total, pieceBytes: 10_000 })
  const { probe } = connected
  let pauses = 0
  probe.onBytes = () => {
    if (pauses++ > 20) return
    probe.pause()
    probe.pause()
    probe.resume()
    probe.pause()
    env.clock.setTimer(pauses % 3, () => {
      probe.resume()
      if (pauses % 2 === 0) probe.resume()
    })
  }
  await probe.until(() => probe.received === total, 'all bytes')
  probe.close()
  await checkBothEnded(env, connected)
}

// A reader with rests, slower than any link: one write of all bytes is on its way for many looks.
async function countsSent(env: TransportEnv): Promise<void> {
  const connected = await connect(env, { restAfter: bulkBytes(env) >> 8 })
  const { probe, id } = connected
  await reportOf(env, id)
  const before = probe.link.sentBytes
  const total = bulkBytes(env)
  probe.writePattern(total)
  const seen: number[] = [0]
  while (probe.link.bufferedBytes > 0) {
    seen.push(probe.link.sentBytes - before)
    await quiet(env, LOOK_MS)
  }
  await reportOf(env, id, total)
  seen.push(probe.link.sentBytes - before)
  const steps = seen.slice(1).map((count, at) => count - seen[at]!)
  check(Math.min(...steps) >= 0, 'the count of sent bytes fell')
  check(Math.max(...steps) <= total * MOST_OF_STEP, `the count of sent bytes grew by ${Math.max(...steps)} at once`)
  checkEqual(seen.at(-1), total, 'bytes sent in the end')
  probe.close()
  await checkBothEnded(env, connected)
}

async function drainsOnce(env: TransportEnv): Promise<void> {
  const connected = await connect(env, {})
  const { probe } = connected
  let owed = 0
  for (let round = 1; round <= 3; round++) {
    let goesOn = true
    for (let piece = 0; piece < 8; piece++) goesOn = probe.writePattern(someBytes(env) >> 3) && goesOn
    if (!goesOn) owed++
    const wanted = owed
    await probe.until(() => probe.drains === wanted, 'the drain')
    await quiet(env)
    checkEqual(probe.drains, owed, 'drains after three rounds of writes')
  }
  probe.close()
  await checkBothEnded(env, connected)
}
