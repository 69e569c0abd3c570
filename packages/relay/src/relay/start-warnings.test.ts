// What is worth a warning, and one step short of it.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createManualClock } from '@peerwire/core/testing'
import { expect, it, onTestFinished } from 'vitest'
import { type StartFacts, startWarnings } from './start-warnings.ts'

const BUILT_MS = Date.UTC(2027, 0, 2)

function facts(changes: Partial<StartFacts> & { keyMs?: number; wallMs?: number } = {}): StartFacts {
  const { keyMs = 0, wallMs = BUILT_MS, ...rest } = changes
  const clock = createManualClock({ wallStartMs: wallMs, tickMs: 0 })
  const publicKeyOf = (): Uint8Array => {
    clock.advance(keyMs)
    return new Uint8Array(64)
  }
  return {
    options: { maxPeers: 200, bridge: [], bridgeAllow: [] },
    privatePaths: [],
    clock,
    crypto: { publicKeyOf },
    privateKey: new Uint8Array(32),
    openFiles: undefined,
    builtMs: BUILT_MS,
    ...rest,
  }
}

const TARGET = { alias: 'a', endpoint: { scheme: 'tcp', host: 'h', port: 1 }, publicKey: undefined }
const WITH_BRIDGE = { maxPeers: 200, bridge: [TARGET], bridgeAllow: [] }

it.for<[string, Partial<StartFacts> & { keyMs?: number; wallMs?: number }, RegExp | undefined]>([
  ['enough files', { openFiles: 364 }, undefined],
  [
    'one too few',
    { openFiles: 362 },
    /^--max-peers 200 needs some 364 open files.*may have 362: it takes 198 peers until you raise/,
  ],
  ['enough for a bridge, too', { openFiles: 1600, options: WITH_BRIDGE }, undefined],
  [
    'fewer than a bridge may need',
    { openFiles: 1000, options: WITH_BRIDGE },
    /^--max-peers 200 with a bridge needs some 1600 .*it takes 200 peers and 156 links of the bridge until/,
  ],
  ['quick crypto', { keyMs: 4 }, undefined],
  ['slow crypto', { keyMs: 5 }, /^a public key takes 5\.0 ms .*--jitless/],
  ['a clock a day behind', { wallMs: BUILT_MS - 86_400_000 }, undefined],
  [
    'one that is more',
    { wallMs: BUILT_MS - 86_400_001 },
    /^the clock says 2026-12-31, before .* \(2027-01-02\): set it/,
  ],
  ['a tree of sources', { wallMs: 0, builtMs: undefined }, undefined],
])('%s', async ([, changes, expected]) => {
  const warnings = await startWarnings(facts(changes))
  if (expected === undefined) expect(warnings).toEqual([])
  else expect(warnings).toEqual([expect.stringMatching(expected)])
})

it('what others can write is named, and what they can read is not', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const [mode, isWarned] of [
    [0o755, false],
    [0o775, true],
    [0o702, true],
  ] as const) {
    await chmod(folder, mode)
    const warnings = await startWarnings(facts({ privatePaths: [folder, join(folder, 'missing')] }))
    expect(warnings).toEqual(
      isWarned ? [`other users of this machine can write ${folder}: chmod go-w ${folder} keeps it yours`] : [],
    )
  }
})
