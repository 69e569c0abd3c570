// Acceptance cases: bytes arrive whole, in order, in any split, and belong to whom the contract says.
import type { CaseScript } from './case-server.ts'
import { checkBothEnded, checkUnbroken, connect, connectUnopened, quiet, reportOf } from './connect.ts'
import { bulkBytes, check, checkEqual, type TransportCase, type TransportEnv } from './env.ts'
import { patternBytes } from './pattern.ts'

/** Write sizes around the borders of headers, segments and buffers. */
const SIZES = [0, 1, 2, 125, 126, 127, 1_459, 1_460, 4_096, 65_535, 65_536, 65_537, 131_073, 300_000]

/** Links at a time in the case of many. */
const MANY = 40

export const byteCases: readonly TransportCase[] = [
  { name: 'carries writes of any size, in order', run: (env) => echoWrites(env, SIZES) },
  {
    name: 'carries writes of one byte',
    run: (env) =>
      echoWrites(
        env,
        Array.from({ length: 3_000 }, () => 1),
      ),
  },
  { name: 'carries one write of all bytes at once', run: (env) => echoWrites(env, [bulkBytes(env)]) },
  { name: 'carries many bytes both ways at once', run: bothWays },
  { name: 'keeps what comes before open, and gives it in order', run: beforeOpen },
  { name: 'takes writes before open', run: writesBeforeOpen },
  { name: 'leaves the bytes around a written view alone', run: writtenView },
  { name: 'carries many links at once without mixing them', run: manyLinks },
  { name: 'is opened once', run: openedOnce },
  { name: 'says where the remote is and who dialed', run: saysWho },
]

async function echoWrites(env: TransportEnv, sizes: readonly number[]): Promise<void> {
  const connected = await connect(env, { echo: true })
  const { probe } = connected
  for (const size of sizes) probe.writePattern(size)
  await probe.until(() => probe.received === probe.sent, 'the echo of all bytes')
  probe.close()
  const report = await checkBothEnded(env, connected)
  checkEqual(report.received, probe.sent, 'bytes the listening end received')
  checkEqual(probe.error, undefined, 'error of an end in order')
}

async function bothWays(env: TransportEnv): Promise<void> {
  const total = bulkBytes(env)
  const connected = await connect(env, { send: total })
  const { probe, id } = connected
  const go = (): void => {
    while (probe.sent < total) if (!probe.writePattern(Math.min(50_000, total - probe.sent))) return
  }
  probe.onDrain = go
  go()
  await probe.until(() => probe.received === total, 'all bytes of the listening end')
  const report = await reportOf(env, id, total)
  checkEqual(report.received, total, 'bytes the listening end received')
  await probe.until(() => probe.sent === total, 'the drains for all bytes')
  probe.close()
  await checkBothEnded(env, connected)
}

async function beforeOpen(env: TransportEnv): Promise<void> {
  const script: Omit<CaseScript, 'id'> = { send: 5_000, pieceBytes: 700, end: 'close' }
  const connected = await connectUnopened(env, script)
  await quiet(env)
  checkEqual(connected.probe.received, 0, 'bytes given before open')
  connected.probe.open()
  await checkBothEnded(env, connected)
  checkEqual(connected.probe.received, 5_000, 'bytes given after open')
  checkEqual(connected.probe.error, undefined, 'error of an end in order')
}

async function writesBeforeOpen(env: TransportEnv): Promise<void> {
  const connected = await connectUnopened(env, {})
  connected.probe.writePattern(10_000)
  const report = await reportOf(env, connected.id, 10_000)
  checkEqual(report.received, 10_000, 'bytes the listening end received')
  connected.probe.open().close()
  await checkBothEnded(env, connected)
}

async function writtenView(env: TransportEnv): Promise<void> {
  const { probe, id } = await connect(env, {})
  const around = new Uint8Array(5_000).fill(7)
  around.set(patternBytes(0, 3_000), 1_000)
  probe.write(around.subarray(1_000, 4_000))
  const report = await reportOf(env, id, 3_000)
  checkEqual(report.received, 3_000, 'bytes the listening end received')
  const spoiled = around.findIndex((byte, at) => (at < 1_000 || at >= 4_000) && byte !== 7)
  checkEqual(spoiled, -1, 'place outside the view that was written to')
  probe.abort()
  checkUnbroken(probe, report)
}

async function manyLinks(env: TransportEnv): Promise<void> {
  await Promise.all(
    Array.from({ length: MANY }, async (_, index) => {
      const { probe } = await connect(env, { echo: true })
      for (let round = 0; round < 5; round++) probe.writePattern(100 * index + round)
      await probe.until(() => probe.received === probe.sent, 'the echo of all bytes')
      probe.close()
      await probe.ended()
      checkUnbroken(probe)
    }),
  )
}

async function openedOnce(env: TransportEnv): Promise<void> {
  const connected = await connect(env, { echo: true })
  const { probe } = connected
  let thrown: unknown
  try {
    probe.link.open({ bytes: () => undefined, drain: () => undefined, end: () => undefined })
  } catch (error) {
    thrown = error
  }
  check(thrown instanceof TypeError, 'a second open was not a TypeError')
  probe.writePattern(100)
  await probe.until(() => probe.received === 100, 'the echo, at the first sink')
  probe.abort()
  await checkBothEnded(env, connected)
}

async function saysWho(env: TransportEnv): Promise<void> {
  const { probe } = await connect(env, {})
  checkEqual(probe.link.direction, 'outbound', 'direction of a dialed link')
  check(probe.link.remoteAddress.length > 0, 'a dialed link has no remote address')
  checkEqual(probe.link.bufferedBytes >= 0, true, 'bufferedBytes is a number')
  probe.abort()
  await probe.ended()
}
