// The real `peerwire` command as a child process.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'vitest'
import { type JsonLine, type JsonProcess, startProcess } from '../../support/json-process.ts'

/** The command's program. */
export const BIN: string = fileURLToPath(new URL('../../../packages/relay/bin/peerwire.mjs', import.meta.url))

export interface Ended {
  readonly code: number | null
  readonly lines: readonly JsonLine[]
  /** Standard output, where it is not JSON. */
  readonly text: string
  readonly stderr: string
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>
}

/** A relay that runs, with what its first lines told. */
export interface RunningRelay {
  readonly process: JsonProcess
  /** `ws://KEY@127.0.0.1:PORT/` */
  readonly ws: string
  /** `enode://KEY@127.0.0.1:PORT` */
  readonly enode: string
  /** `http://127.0.0.1:PORT/` */
  readonly url: string
  readonly dataDir: string
}

interface Fixtures {
  /** Called at the end, the last one first. */
  readonly cleanUp: (step: () => unknown) => void
  readonly temporary: () => Promise<string>
  readonly start: (args: readonly string[], options?: StartOptions) => JsonProcess
  /** Runs a command that ends by itself. */
  readonly run: (...args: readonly string[]) => Promise<Ended>
  /** Starts a relay with `--json` on free ports, and waits for its listeners. */
  readonly relay: (args?: readonly string[], dataDir?: string) => Promise<RunningRelay>
}

/** `it` whose commands and directories are gone when a test ends, however it ends. */
export const it = test.extend<Fixtures>({
  // eslint-disable-next-line no-empty-pattern
  cleanUp: async ({}, use) => {
    const steps: (() => unknown)[] = []
    await use((step) => steps.push(step))
    for (const step of steps.toReversed()) await step()
  },
  temporary: async ({ cleanUp }, use) => {
    await use(async () => {
      const path = await mkdtemp(join(tmpdir(), 'peerwire-'))
      cleanUp(() => rm(path, { recursive: true, force: true }))
      return path
    })
  },
  start: async ({ cleanUp }, use) => {
    await use((args, options = {}) => {
      const child = startProcess(process.execPath, [BIN, ...args], { name: 'peerwire', ...options })
      cleanUp(() => child.kill())
      return child
    })
  },
  run: async ({ start }, use) => {
    await use(async (...args) => {
      const child = start(args)
      const code = await child.exited
      const { lines, stderr } = child
      return { code, lines, text: lines.map(({ text }) => text).join('\n'), stderr }
    })
  },
  relay: async ({ start, temporary }, use) => {
    await use(async (args = [], given) => {
      const dataDir = given ?? (await temporary())
      const listen = ['--listen', 'ws://127.0.0.1:0', '--listen', 'tcp://127.0.0.1:0']
      const child = start(['relay', '--json', '--data-dir', dataDir, ...listen, ...args])
      const ws = await child.waitFor(({ event, enode }) => event === 'listening' && enode === undefined)
      const tcp = await child.waitFor(({ event, enode }) => event === 'listening' && enode !== undefined)
      const texts = [ws['address'], tcp['enode'], ws['url']].map(String) as [string, string, string]
      return { process: child, ws: texts[0], enode: texts[1], url: texts[2], dataDir }
    })
  },
})

/** A line with this event that has these fields. */
export function is(event: string, fields: JsonLine = {}): (line: JsonLine) => boolean {
  return (line) => line['event'] === event && Object.entries(fields).every(([name, value]) => line[name] === value)
}

/** The public key in an address, 128 hex digits. */
export function keyIn(address: string): string {
  return /\/\/([0-9a-f]{128})@/.exec(address)?.[1] ?? ''
}
