// What an operator should know when the relay starts: each once, and with what to do about it.
import { stat } from 'node:fs/promises'
import type { Clock, Crypto } from '@peerwire/core'
import { budgetFor } from './open-files.ts'
import type { RelayOptions } from './options.ts'

/** Users other than the owner may write. */
const OTHERS_WRITE = 0o022
/** Milliseconds for one public key. libsecp256k1 takes a fifth of one on a slow machine; a handshake takes five. */
const SLOW_KEY_MS = 5
const KEYS_TRIED = 3
/** A clock may be behind the one of whoever built this. Milliseconds. */
const CLOCK_SLACK_MS = 86_400_000

export interface StartFacts {
  readonly options: Pick<RelayOptions, 'maxPeers' | 'bridge' | 'bridgeAllow'>
  /** Files and folders that nobody else should write. */
  readonly privatePaths: readonly string[]
  readonly clock: Pick<Clock, 'now' | 'wallNow'>
  readonly crypto: Pick<Crypto, 'publicKeyOf'>
  readonly privateKey: Uint8Array
  /** How many files the process may have open; absent where that is not known. */
  readonly openFiles: number | undefined
  /** When this program was built, in milliseconds since 1970; absent in a tree of sources. */
  readonly builtMs: number | undefined
}

/** The warnings that apply, as sentences. */
export async function startWarnings(facts: StartFacts): Promise<readonly string[]> {
  const { clock, crypto, privateKey } = facts
  const found = [
    fewFiles(facts),
    ...(await Promise.all(facts.privatePaths.map(writableByOthers))),
    slowCrypto(() => void crypto.publicKeyOf(privateKey), clock),
    oldClock(facts),
  ]
  return found.filter((sentence) => sentence !== undefined)
}

function fewFiles({ options, openFiles }: StartFacts): string | undefined {
  const { needed, maxPeers, bridge } = budgetFor(options, openFiles)
  const isLess = bridge.links < budgetFor(options).bridge.links
  if (openFiles === undefined || (maxPeers === options.maxPeers && !isLess)) return undefined
  return (
    `--max-peers ${options.maxPeers}${isLess ? ' with a bridge' : ''} needs some ${needed} open files, and this process ` +
    `may have ${openFiles}: it takes ${maxPeers} peers${isLess ? ` and ${bridge.links} links of the bridge` : ''} until ` +
    `you raise the limit (ulimit -n ${needed}, or LimitNOFILE= of a service)`
  )
}

async function writableByOthers(path: string): Promise<string | undefined> {
  // Windows has no such bits, and a file that isn't there nobody has written.
  const mode =
    process.platform === 'win32'
      ? 0
      : await stat(path).then(
          (facts) => facts.mode,
          () => 0,
        )
  if ((mode & OTHERS_WRITE) === 0) return undefined
  return `other users of this machine can write ${path}: chmod go-w ${path} keeps it yours`
}

// The quickest of a few: the first one starts the library.
function slowCrypto(makeKey: () => void, clock: Pick<Clock, 'now'>): string | undefined {
  let quickest = Infinity
  for (let i = 0; i < KEYS_TRIED; i++) {
    const startMs = clock.now()
    makeKey()
    quickest = Math.min(quickest, clock.now() - startMs)
  }
  if (quickest < SLOW_KEY_MS) return undefined
  return (
    `a public key takes ${quickest.toFixed(1)} ms to compute here, so that few visitors fill the processor: ` +
    `run node without --jitless, debugger or emulation, or lower --max-peers`
  )
}

function oldClock({ clock, builtMs }: StartFacts): string | undefined {
  const nowMs = clock.wallNow()
  if (builtMs === undefined || nowMs >= builtMs - CLOCK_SLACK_MS) return undefined
  const [now, built] = [nowMs, builtMs].map((ms) => new Date(ms).toISOString().slice(0, 10))
  return `the clock says ${now}, before this program was built (${built}): set it, or peers and records look expired`
}
