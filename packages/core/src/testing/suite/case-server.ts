// The other end of the acceptance cases: each link begins with a line of JSON that says what this end shall do.
import { createDeferred, type Deferred } from '../../base/abort.ts'
import { concatBytes, bytesToUtf8, utf8ToBytes } from '../../base/bytes.ts'
import type { Clock } from '../../base/clock.ts'
import type { ListenHandlers } from '../../wire/link.ts'
import { RefusalCode } from '../../wire/refusal-text.ts'
import { inTime } from './env.ts'
import { Probe } from './probe.ts'

/** Longest first line. */
const MAX_SCRIPT_BYTES = 1_000

/** Every second link is opened this late, so that bytes have come before. */
const LATE_OPEN_MS = 20

/** Bytes of one write of the pattern unless told otherwise. */
const PIECE_BYTES = 65_536

/** How long a report waits for what it was asked to wait for. */
const REPORT_MS = 15_000

/** What the listening end does with a link. */
export interface CaseScript {
  /** Names the link in reports. */
  readonly id: string
  /** Sends back what comes. */
  readonly echo?: boolean
  /** Bytes of the pattern to send, no faster than `write` and `drain` allow. */
  readonly send?: number
  readonly pieceBytes?: number
  /** Sends all at once, whatever `write` answers. */
  readonly greedy?: boolean
  /** Stops reading after so many bytes, for so long. */
  readonly pauseAfter?: number
  readonly pauseMs?: number
  /** Stops reading for a millisecond after so many bytes, again and again. */
  readonly restAfter?: number
  /** Ends the link, after `endAfter` bytes were received (0: at once) or, without it, when all is sent. */
  readonly end?: 'close' | 'abort' | 'refuse'
  readonly endAfter?: number
  /** How many times it is ended. */
  readonly endTimes?: number
  /** What it is refused with. */
  readonly code?: number
  readonly text?: string
}

/** Asks what the listening end saw of a link; an empty id asks of the listening end alone. */
export interface ReportScript {
  readonly report: string
  /** Waits for the end of the link, or for so many received bytes, first; `resumed` makes it read again. */
  readonly until?: 'end' | 'resumed' | number
}

/** What the listening end saw of a link. */
export interface CaseReport {
  readonly known: boolean
  readonly received: number
  readonly sent: number
  readonly ends: number
  readonly error: string | null
  readonly maxBufferedBytes: number
  readonly bufferedBytes: number
  readonly violations: readonly string[]
  /** Links that this end holds and that are not over, the one of the report left out. */
  readonly live: number
}

export interface CaseServer {
  /** For `Transport.listen`. */
  readonly handlers: ListenHandlers
  /** Links that are not over. */
  readonly live: number
  /** Ends all links. */
  close(): void
}

interface State {
  readonly clock: Clock
  readonly probes: Map<string, Probe>
  /** Reports that wait for a link whose script has not come yet. */
  readonly arrivals: Map<string, Deferred<void>>
  readonly live: Set<Probe>
}

/** Serves `transportCases` at the listening end; where that is another process than the cases', too. */
export function createCaseServer(clock: Clock): CaseServer {
  const state: State = { clock, probes: new Map(), arrivals: new Map(), live: new Set() }
  let accepted = 0
  return {
    handlers: {
      link: (link) => {
        const probe = new Probe(link, clock)
        state.live.add(probe)
        probe.onEnd = () => state.live.delete(probe)
        const start = (): void => readScript(state, probe)
        if (accepted++ % 2 === 0) start()
        else clock.setTimer(LATE_OPEN_MS, start)
      },
    },
    get live() {
      return state.live.size
    },
    close: () => {
      for (const probe of state.live) probe.link.abort()
    },
  }
}

function readScript(state: State, probe: Probe): void {
  let line: Uint8Array = new Uint8Array(0)
  probe.checksPattern = probe.scribbles = false
  probe.onBytes = (chunk) => {
    line = concatBytes(line, chunk)
    const end = line.indexOf(10)
    if (end < 0 && line.length <= MAX_SCRIPT_BYTES) return
    const script = parseScript(line.subarray(0, Math.max(0, end)))
    probe.received = 0
    probe.onBytes = undefined
    if (!script) return probe.abort()
    if ('report' in script) return void report(state, probe, script)
    play(state, probe, script, line.slice(end + 1))
  }
  probe.open()
}

function parseScript(line: Uint8Array): CaseScript | ReportScript | undefined {
  try {
    return JSON.parse(bytesToUtf8(line)) as CaseScript | ReportScript
  } catch {
    return undefined
  }
}

function play(state: State, probe: Probe, script: CaseScript, rest: Uint8Array): void {
  state.probes.set(script.id, probe)
  state.arrivals.get(script.id)?.resolve()
  state.arrivals.delete(script.id)
  const end = once(() => {
    for (let time = 0; time < (script.endTimes ?? 1); time++) {
      if (script.end === 'refuse') probe.refuse(script.code ?? RefusalCode.throttled, script.text ?? '')
      else probe[script.end!]()
    }
  })
  let paused = false
  let restAt = script.restAfter ?? Infinity
  const look = (): void => {
    if (probe.received >= restAt) {
      restAt = probe.received + script.restAfter!
      probe.pause()
      state.clock.setTimer(1, () => probe.resume())
    }
    if (script.end && script.endAfter !== undefined && probe.received >= script.endAfter) end()
    if (paused || script.pauseAfter === undefined || probe.received < script.pauseAfter) return
    paused = true
    probe.pause()
    if (script.pauseMs !== undefined) state.clock.setTimer(script.pauseMs, () => probe.resume())
  }
  if (script.echo) echo(probe, look)
  else {
    probe.checksPattern = probe.scribbles = true
    probe.onBytes = look
  }
  // What came in one chunk with the script is the beginning of the stream.
  if (rest.length > 0) probe.take(rest)
  else look()
  send(probe, script, () => {
    if (script.end && script.endAfter === undefined) end()
  })
}

function echo(probe: Probe, look: () => void): void {
  probe.checksPattern = false
  probe.onBytes = (chunk) => {
    look()
    if (!probe.write(chunk)) probe.pause()
  }
  probe.onDrain = () => probe.resume()
}

function send(probe: Probe, script: CaseScript, done: () => void): void {
  const { send: total = 0, pieceBytes = PIECE_BYTES, greedy = false } = script
  const go = (): void => {
    if (probe.ends > 0) return
    while (probe.sent < total) if (!probe.writePattern(Math.min(pieceBytes, total - probe.sent)) && !greedy) return
    probe.onDrain = undefined
    done()
  }
  if (total > 0) probe.onDrain = go
  if (total > 0 || !script.echo) go()
}

async function report(state: State, asking: Probe, { report: id, until }: ReportScript): Promise<void> {
  const probe = await probeOf(state, id)
  if (until === 'resumed') probe?.resume()
  else if (probe && until !== undefined) {
    const holds = (): boolean => (until === 'end' ? probe.ends > 0 : probe.received >= until)
    await probe.until(holds, 'the state to report', REPORT_MS).catch(() => undefined)
  }
  const answer: CaseReport = {
    known: probe !== undefined,
    received: probe?.received ?? 0,
    sent: probe?.sent ?? 0,
    ends: probe?.ends ?? 0,
    error: probe?.error?.code ?? null,
    maxBufferedBytes: probe?.maxBufferedBytes ?? 0,
    bufferedBytes: probe?.link.bufferedBytes ?? 0,
    violations: probe?.broken() ?? [],
    live: state.live.size - 1,
  }
  asking.write(utf8ToBytes(`${JSON.stringify(answer)}\n`))
  asking.close()
}

// A report can overtake the script of the link that it is about.
async function probeOf(state: State, id: string): Promise<Probe | undefined> {
  if (id !== '' && !state.probes.has(id)) {
    const arrival = state.arrivals.get(id) ?? createDeferred<void>()
    state.arrivals.set(id, arrival)
    await inTime(state.clock, arrival.promise, () => 'the link', REPORT_MS).catch(() => undefined)
  }
  return state.probes.get(id)
}

function once(call: () => void): () => void {
  let called = false
  return () => {
    if (!called) call()
    called = true
  }
}
