// Builds the go-ethereum programs that the interop tests meet, into `.cache/go-peers`, when they are missing or stale.
//
//   node scripts/go-peers.mjs           gethpeer and ethdrive
//   node scripts/go-peers.mjs --geth    also a full geth, and its devp2p tool
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'

/**
 * Paths of the programs; `geth` and `devp2p` only when they were asked for.
 *
 * @typedef {{ gethpeer: string, ethdrive: string, geth?: string, devp2p?: string }} GoPeers
 */

const run = promisify(execFile)
const ROOT = fileURLToPath(new URL('..', import.meta.url))
const SOURCES = join(ROOT, 'tests/interop/go')
const BENCH_SOURCES = join(ROOT, 'bench/go')
const BTCD_SOURCES = join(ROOT, 'bench/go-btcd')
const BIN = join(ROOT, '.cache/go-peers')
/** What `go.mod` asks for. */
const OLDEST_GO = [1, 25]
/** Later releases of `cmd/geth` need a module that the public proxy doesn't have. */
const GETH = 'github.com/ethereum/go-ethereum/cmd/geth@v1.17.8'
const DEVP2P = 'github.com/ethereum/go-ethereum/cmd/devp2p@v1.17.10'
/** A build from nothing on one slow core, downloads included. */
const BUILD_LIMIT_MS = 20 * 60_000
const LOCK_POLL_MS = 200
/** A lock without a process id for this long was left by a crash. */
const LOCK_WRITE_MS = 5_000

/**
 * Whether there is a Go that can build the programs.
 *
 * @returns {Promise<{ version: string } | { missing: string }>} `missing` is a sentence that says why not
 */
export async function findGo() {
  try {
    const { stdout } = await run('go', ['env', 'GOVERSION'])
    const version = stdout.trim()
    const match = /^go(\d+)\.(\d+)/.exec(version)
    const tooOld = match && (Number(match[1]) - OLDEST_GO[0] || Number(match[2]) - OLDEST_GO[1]) < 0
    return tooOld ? { missing: `Go ${OLDEST_GO.join('.')} or newer is needed, this is ${version}` } : { version }
  } catch (error) {
    return { missing: error?.code === 'ENOENT' ? 'Go is not installed' : `Go does not run: ${error?.message ?? error}` }
  }
}

/**
 * The programs, built first where they are missing or stale. Safe to call from several processes at once.
 *
 * @param {{ geth?: boolean }} [options]
 * @returns {Promise<GoPeers | undefined>} `undefined` where there is no Go, having said so on standard error
 */
export async function ensureGoPeers({ geth = false } = {}) {
  const go = await findGo()
  if ('missing' in go) {
    process.stderr.write(`go-peers: not built: ${go.missing}\n`)
    return undefined
  }
  await mkdir(BIN, { recursive: true })
  await ensure(
    'peers',
    ['gethpeer', 'ethdrive'],
    await hashOf(SOURCES, go.version),
    'a few seconds to a minute',
    (into) => goRun(['build', '-o', `${into}/`, './cmd/...']),
  )
  const small = { gethpeer: join(BIN, 'gethpeer'), ethdrive: join(BIN, 'ethdrive') }
  if (!geth) return small
  await ensure('geth', ['geth', 'devp2p'], `${GETH} ${DEVP2P} ${go.version}`, '2 to 4 minutes', async (into) => {
    await goRun(['install', GETH], { GOBIN: into })
    await goRun(['install', DEVP2P], { GOBIN: into })
  })
  return { ...small, geth: join(BIN, 'geth'), devp2p: join(BIN, 'devp2p') }
}

/**
 * go-ethereum's side of the benchmark, built first where it is missing or stale.
 *
 * @returns {Promise<string | undefined>} its path
 */
export async function ensureGoBench() {
  const go = await findGo()
  if ('missing' in go) return undefined
  await mkdir(BIN, { recursive: true })
  const wanted = await hashOf(BENCH_SOURCES, go.version)
  await ensure('bench', ['gobench'], wanted, 'a few seconds to a minute', (into) =>
    goRun(['build', '-o', `${into}/gobench`, '.'], {}, BENCH_SOURCES),
  )
  return join(BIN, 'gobench')
}

/**
 * btcd's side of the benchmark's case "addresses", built first where it is missing or stale.
 *
 * @returns {Promise<string | undefined>} its path
 */
export async function ensureBtcdBench() {
  const go = await findGo()
  if ('missing' in go) return undefined
  await mkdir(BIN, { recursive: true })
  const wanted = await hashOf(BTCD_SOURCES, go.version)
  await ensure('bench-btcd', ['btcdbench'], wanted, 'a few seconds to a minute', (into) =>
    goRun(['build', '-o', `${into}/btcdbench`, '.'], {}, BTCD_SOURCES),
  )
  return join(BIN, 'btcdbench')
}

/** Builds a group of programs under a lock unless its stamp says that they are what `wanted` describes. */
async function ensure(group, names, wanted, duration, build) {
  const stamp = join(BIN, `${group}.stamp`)
  if (await isFresh(stamp, wanted, names)) return
  const unlock = await lock(join(BIN, `${group}.lock`))
  try {
    if (await isFresh(stamp, wanted, names)) return
    process.stderr.write(`Fetching Go modules and building ${names.join(' and ')}, once (${duration}) …\n`)
    const into = join(BIN, `${group}.${process.pid}`)
    await rm(into, { recursive: true, force: true })
    await mkdir(into)
    await build(into)
    for (const name of names) await rename(join(into, name), join(BIN, name))
    await writeFile(stamp, wanted)
    await rm(into, { recursive: true, force: true })
  } finally {
    await unlock()
  }
}

async function isFresh(stamp, wanted, names) {
  try {
    for (const name of names) await stat(join(BIN, name))
    return (await readFile(stamp, 'utf8')) === wanted
  } catch {
    return false
  }
}

async function goRun(args, env = {}, cwd = SOURCES) {
  const buildFlags = `${process.env.GOFLAGS ?? ''} -buildvcs=false`.trim()
  try {
    await run('go', args, {
      cwd,
      env: { ...process.env, GOFLAGS: buildFlags, ...env },
      timeout: BUILD_LIMIT_MS,
      maxBuffer: 1 << 26,
    })
  } catch (error) {
    throw new Error(`go ${args.join(' ')} failed:\n${String(error.stderr ?? error).slice(-2000)}`, { cause: error })
  }
}

/** One hash over the names and contents of all files below `dir`, and `salt`. */
async function hashOf(dir, salt) {
  const hash = createHash('sha256').update(salt)
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  for (const file of files.toSorted()) hash.update(`\0${relative(dir, file)}\0`).update(await readFile(file))
  return hash.digest('hex')
}

/** Takes a lock file that holds our process id; one left by a process that is gone is taken over. */
async function lock(path) {
  for (;;) {
    try {
      const file = await open(path, 'wx')
      await file.writeFile(String(process.pid))
      await file.close()
      return () => rm(path, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (await isAbandoned(path)) await rm(path, { force: true })
    await sleep(LOCK_POLL_MS)
  }
}

async function isAbandoned(path) {
  try {
    const { mtimeMs } = await stat(path)
    const owner = Number(await readFile(path, 'utf8'))
    return owner > 0 ? !isAlive(owner) : Date.now() - mtimeMs > LOCK_WRITE_MS
  } catch {
    return false
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const peers = await ensureGoPeers({ geth: process.argv.includes('--geth') })
  if (!peers) process.exit(1)
  for (const [name, path] of Object.entries(peers)) console.log(`${name} ${path}`)
}
