// A full go-ethereum, offline on loopback, with a small private chain that is the same every time.
import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProcess } from '../../support/json-process.ts'
import type { JsonLine, JsonProcess } from '../../support/json-process.ts'
import { goPeersWithGeth } from './go-peers.ts'

/** Network id and chain id of the private chain. */
export const NETWORK_ID = 7_357_001
export const GENESIS_HASH = '0x17df6b8c177a3e2ec65c703af1ea04d5bc0a5268f992a933851694b44fd240d7'
/** Number and hash of the head that every start begins with. */
export const HEAD_NUMBER = 8
export const HEAD_HASH = '0x2ce3c671dc8740ce7de6c8b38a9b092f262ac3d1c29a83174e56a5e2132befe9'
export const FORK_ID = { hash: '0x2220c91e', next: 4_102_444_800 } as const

/** One transaction that was handed to geth: legacy (0) or EIP-1559 (2). */
export interface DrivenTransaction {
  readonly hash: string
  readonly nonce: number
  readonly type: 0 | 2
}

export interface DriveOptions {
  /** Blocks to build, each of two transactions and whatever the pool holds. */
  readonly blocks?: number
  /** Transactions that stay in the pool, sent after the blocks. */
  readonly pool?: number
  /** Between two of them. */
  readonly gapMs?: number
  /** Call data in each transaction. */
  readonly padBytes?: number
}

export interface Driven {
  /** Those in blocks first, in the order they were sent. */
  readonly transactions: readonly DrivenTransaction[]
  readonly blockHashes: readonly string[]
}

export interface RealGeth {
  readonly enode: string
  /** 128 hex digits. */
  readonly publicKey: string
  readonly port: number
  /** What was in the pool when it started. */
  readonly pool: readonly DrivenTransaction[]
  /** Builds blocks and sends transactions while peers are connected. */
  drive(options: DriveOptions): Promise<Driven>
  /** JSON-RPC: `eth_`, `net_`, `web3_`, `admin_`, `txpool_`, `debug_`. @throws {Error} with geth's code and message */
  rpc(method: string, params?: readonly unknown[]): Promise<unknown>
  /** The log so far, a line of JSON each. */
  log(): readonly string[]
  /** SIGTERM, and its folder is removed. */
  stop(): Promise<void>
  /** SIGKILL, and its folder is removed. */
  kill(): Promise<void>
}

export interface RealGethOptions {
  /** Transactions announced to the first peer on connect; 3 by default. */
  readonly pool?: number
  readonly maxPeers?: number
  readonly signal?: AbortSignal
}

/** Where geth serves: plain RPC, and the engine API, which wants the secret. */
interface Doors {
  readonly rpc: string
  readonly engine: string
  readonly jwt: string
}

const GENESIS = fileURLToPath(new URL('../go/genesis.json', import.meta.url))
/** The chain is built once; every start copies it. */
const CHAIN = `chain-${HEAD_HASH.slice(2, 14)}`
const START_MS = 60_000
const DRIVE_MS = 60_000
const RPC_MS = 30_000

/** Starts geth at the known head, on free ports of 127.0.0.1, with `pool` transactions waiting in its pool. */
export async function startRealGeth(options: RealGethOptions = {}): Promise<RealGeth> {
  const chain = await ensureChain()
  const dir = await mkdtemp(join(tmpdir(), 'peerwire-geth-'))
  const clean = (): Promise<void> => rm(dir, { recursive: true, force: true })
  try {
    await cp(chain, join(dir, 'data'), { recursive: true })
    const { child, doors, enode } = await launch(dir, options)
    try {
      const { transactions } = await drive(doors, ['-settle', '-pool', String(options.pool ?? 3)])
      return realGeth(child, doors, enode, transactions, clean)
    } catch (error) {
      await child.kill()
      throw error
    }
  } catch (error) {
    await clean()
    throw error
  }
}

function realGeth(
  child: JsonProcess,
  doors: Doors,
  enode: string,
  pool: readonly DrivenTransaction[],
  clean: () => Promise<void>,
): RealGeth {
  const match = /^enode:\/\/([0-9a-f]{128})@127\.0\.0\.1:(\d+)/.exec(enode)
  if (!match) throw new Error(`not the enode that was expected: ${enode}`)
  return {
    enode: match[0],
    publicKey: match[1]!,
    port: Number(match[2]),
    pool,
    drive: ({ blocks = 0, pool: count = 0, gapMs = 0, padBytes = 0 }) =>
      drive(doors, ['-blocks', `${blocks}`, '-pool', `${count}`, '-gap', `${gapMs}ms`, '-pad', `${padBytes}`]),
    rpc: (method, params) => callRpc(doors.rpc, method, params),
    log: () => child.lines.map((line) => JSON.stringify(line)),
    stop: () => child.stop().finally(clean),
    kill: () => child.kill().finally(clean),
  }
}

/** Runs geth on the chain in `dir/data`; every port is chosen by the system and read from geth's log. */
async function launch(
  dir: string,
  options: RealGethOptions,
): Promise<{ readonly child: JsonProcess; readonly doors: Doors; readonly enode: string }> {
  const { geth } = await goPeersWithGeth()
  const jwt = join(dir, 'jwt.hex')
  await writeFile(jwt, randomBytes(32).toString('hex'))
  // There is no flag for the host that the peer-to-peer port is bound to.
  await writeFile(join(dir, 'config.toml'), '[Node.P2P]\nListenAddr = "127.0.0.1:0"\n')
  const flags = `--config ${dir}/config.toml --datadir ${dir}/data --networkid ${NETWORK_ID} --syncmode full
    --state.scheme path --nat none --netrestrict 127.0.0.0/8 --nodiscover --maxpeers ${options.maxPeers ?? 10}
    --http --http.addr 127.0.0.1 --http.port 0 --http.api eth,net,web3,admin,txpool,debug
    --authrpc.addr 127.0.0.1 --authrpc.port 0 --authrpc.jwtsecret ${jwt} --ipcdisable --log.format json
    --miner.extradata interop --miner.gasprice 1 --txpool.pricelimit 1 --cache 64 --verbosity 3`
  const child = startProcess(geth, flags.split(/\s+/), { linesFrom: 'stderr', signal: options.signal })
  try {
    const isHttp = (line: JsonLine): boolean => line['msg'] === 'HTTP server started'
    const rpc = await child.waitFor((line) => isHttp(line) && String(line['auth']) === 'false', START_MS)
    const engine = await child.waitFor((line) => isHttp(line) && String(line['auth']) === 'true', START_MS)
    const started = await child.waitFor((line) => line['msg'] === 'Started P2P networking', START_MS)
    const doors = { rpc: `http://${String(rpc['endpoint'])}`, engine: `http://${String(engine['endpoint'])}`, jwt }
    return { child, doors, enode: String(started['self']) }
  } catch (error) {
    await child.kill()
    throw error
  }
}

/** The folder with the chain of eight blocks, built when it is not there yet. */
async function ensureChain(): Promise<string> {
  const { geth } = await goPeersWithGeth()
  const chain = join(dirname(geth), CHAIN)
  if (await stat(chain).catch(() => undefined)) return chain
  const dir = await mkdtemp(join(dirname(geth), 'chain-new-'))
  try {
    const init = startProcess(geth, [
      '--verbosity',
      '1',
      '--state.scheme',
      'path',
      '--datadir',
      `${dir}/data`,
      'init',
      GENESIS,
    ])
    if ((await init.exited) !== 0) throw new Error(`geth init failed: ${init.stderr}`)
    const { child, doors } = await launch(dir, {})
    try {
      const { blockHashes } = await drive(doors, ['-blocks', `${HEAD_NUMBER}`, '-txs', '2'])
      if (blockHashes.at(-1) !== HEAD_HASH)
        throw new Error(`the chain ends with ${blockHashes.at(-1)}, not ${HEAD_HASH}`)
    } finally {
      await child.stop()
    }
    await rm(join(dir, 'data/geth/nodekey'))
    // Another process may have been faster; its chain is the same.
    await rename(join(dir, 'data'), chain).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
    })
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
  return chain
}

async function drive(doors: Doors, args: readonly string[]): Promise<Driven> {
  const { ethdrive } = await goPeersWithGeth()
  const child = startProcess(ethdrive, ['-rpc', doors.rpc, '-engine', doors.engine, '-jwt', doors.jwt, ...args])
  const late = setTimeout(() => void child.kill(), DRIVE_MS)
  const code = await child.exited
  clearTimeout(late)
  if (code !== 0) throw new Error(`ethdrive ended with ${code}: ${child.stderr}`)
  const warning = child.lines.find((line) => line['event'] === 'warning')
  if (warning) throw new Error(`ethdrive warns: ${JSON.stringify(warning)}`)
  return {
    transactions: child.lines.filter((line) => line['event'] === 'tx') as unknown as readonly DrivenTransaction[],
    blockHashes: child.lines.filter((line) => line['event'] === 'block').map((line) => String(line['hash'])),
  }
}

async function callRpc(url: string, method: string, params: readonly unknown[] = []): Promise<unknown> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    signal: AbortSignal.timeout(RPC_MS),
  })
  const body = (await answer.json()) as { result?: unknown; error?: { code: number; message: string } }
  if (body.error) throw new Error(`${method}: ${body.error.code} ${body.error.message}`)
  return body.result
}
