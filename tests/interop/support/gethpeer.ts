// go-ethereum's own p2p.Server with a test protocol, as a process that tells what it sees.
import { startProcess } from '../../support/json-process.ts'
import type { JsonLine, JsonProcess } from '../../support/json-process.ts'
import { goPeers } from './go-peers.ts'

/** What gethpeer prints; which fields a line has depends on `event`. */
export interface GethEvent extends JsonLine {
  readonly event: GethEventName
  readonly t_ms: number
  /** Node id of the remote, 64 hex digits. */
  readonly id?: string
  readonly code?: number
  readonly size?: number
  /** The first bytes of a payload. */
  readonly hex?: string
  /** Hash of a whole payload. */
  readonly keccak?: string
  readonly cap?: string
  readonly caps?: readonly string[]
  readonly name?: string
  readonly inbound?: boolean
  readonly trusted?: boolean
  readonly enode?: string
  readonly remote?: string
  /** Why a peer was dropped, in go-ethereum's words. */
  readonly error?: string
  /** Why a connection never became a peer, in go-ethereum's words. */
  readonly err?: string
}

export type GethEventName =
  | 'listening'
  | 'peer'
  | 'protocol'
  | 'message'
  | 'drop'
  | 'setupfail'
  | 'dialfail'
  | 'dialskip'
  | 'removed'
  | 'senderror'
  | 'flooddone'
  | 'counts'
  | 'log'
  | 'v4table'
  | 'end'

export interface GethPeer {
  /** `enode://KEY@127.0.0.1:PORT`; its port is 0 when it doesn't listen. */
  readonly enode: string
  /** 128 hex digits. */
  readonly publicKey: string
  /** Node id, 64 hex digits. */
  readonly id: string
  readonly port: number
  readonly events: readonly GethEvent[]
  /** The first event of that name, past or to come, that fits. @throws {Error} when `timeoutMs` (a minute) pass */
  waitFor(name: GethEventName, fits?: (event: GethEvent) => boolean, timeoutMs?: number): Promise<GethEvent>
  /** SIGTERM: its peers are told that the client quits. */
  stop(): Promise<void>
  /** SIGKILL. */
  kill(): Promise<void>
}

/** Longest life of a gethpeer that nobody stopped. */
const LIFE = '900s'

/**
 * Starts gethpeer, listening on a free port of 127.0.0.1 unless `args` say otherwise, with the capability test/1 of
 * 16 codes unless they name others.
 *
 * @param args - gethpeer's flags, such as `-echo` or `-dial ENODE`; see `tests/interop/go/cmd/gethpeer`
 */
export async function startGethPeer(
  args: readonly string[] = [],
  options: { readonly signal?: AbortSignal } = {},
): Promise<GethPeer> {
  const { gethpeer } = await goPeers()
  const child = startProcess(gethpeer, ['-listen', '127.0.0.1:0', '-for', LIFE, ...args], options)
  const listening = await child.waitFor((line) => line['event'] === 'listening')
  const enode = String(listening['enode'])
  return {
    enode,
    publicKey: String(listening['pubkey']),
    id: String(listening['id']),
    port: Number(/:(\d+)(\?|$)/.exec(enode)?.[1] ?? 0),
    events: child.lines as readonly JsonLine[] as readonly GethEvent[],
    waitFor: (name, fits, timeoutMs) => waitForEvent(child, name, fits, timeoutMs),
    stop: () => child.stop(),
    kill: () => child.kill(),
  }
}

async function waitForEvent(
  child: JsonProcess,
  name: GethEventName,
  fits: (event: GethEvent) => boolean = () => true,
  timeoutMs?: number,
): Promise<GethEvent> {
  const isIt = (line: JsonLine): line is GethEvent => line['event'] === name && fits(line as GethEvent)
  return await child.waitFor(isIt, timeoutMs, `${name} ${String(fits)}`)
}
