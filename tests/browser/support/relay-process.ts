// The real `peerwire relay`, as the process whose page a tab opens.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type JsonProcess, startProcess } from '../../support/json-process.ts'
import { claimPort } from '../../support/ports.ts'
import { withoutKey } from './page-host.ts'

const PROGRAM = fileURLToPath(new URL('../../../packages/relay/bin/peerwire.mjs', import.meta.url))

export interface RelayProcessOptions {
  /** Flags besides the listeners, such as `--sample`. */
  readonly args?: readonly string[]
  /** An earlier one, whose ports and, with `sameKey`, data directory are to be taken again. */
  readonly again?: RelayProcess
  /** Default true. */
  readonly sameKey?: boolean
}

export interface RelayProcess {
  readonly process: JsonProcess
  /** Of the page: `http://127.0.0.1:PORT/`. */
  readonly url: string
  /** `ws://KEY@127.0.0.1:PORT/` */
  readonly ws: string
  /** `enode://KEY@127.0.0.1:PORT` */
  readonly enode: string
  readonly dataDir: string
  /** Endpoints without the key, with the ports that were taken. */
  readonly listen: readonly string[]
}

/** Starts a relay on ports of 127.0.0.1 that it can have again, and waits for its listeners. */
export async function startRelayProcess(
  cleanUp: (step: () => unknown) => void,
  { args = [], again, sameKey = true }: RelayProcessOptions,
): Promise<RelayProcess> {
  const dataDir = (sameKey ? again?.dataDir : undefined) ?? (await temporaryFolder(cleanUp))
  const listen = again?.listen ?? [`ws://127.0.0.1:${await claimPort()}/`, `tcp://127.0.0.1:${await claimPort()}`]
  const flags = ['--json', '--data-dir', dataDir, ...listen.flatMap((url) => ['--listen', url]), ...args]
  const process_ = startProcess(process.execPath, [PROGRAM, 'relay', ...flags], { name: 'peerwire relay' })
  cleanUp(() => process_.kill())
  const ws = await process_.waitFor(({ event, enode }) => event === 'listening' && enode === undefined)
  const tcp = await process_.waitFor(({ event, enode }) => event === 'listening' && enode !== undefined)
  const addresses = { ws: String(ws['address']), enode: String(tcp['enode']) }
  return {
    process: process_,
    url: String(ws['url']),
    ...addresses,
    dataDir,
    listen: [withoutKey(addresses.ws), withoutKey(addresses.enode).replace('enode:', 'tcp:')],
  }
}

/** An empty folder, removed with the test. */
export async function temporaryFolder(cleanUp: (step: () => unknown) => void): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-relay-'))
  cleanUp(() => rm(folder, { recursive: true, force: true }))
  return folder
}
