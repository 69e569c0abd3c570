// Brings the dependencies once, with a pnpm of the repository's own; afterwards everything works without a network.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheDir, inRoot } from './paths.mjs'
import { run, runNode, Stop } from './run.mjs'

const PNPM = 'pnpm@12'
const pnpmHome = join(cacheDir, 'pnpm')
/** A cache of our own: what pnpm learns of packages here lets the packaging tests install without a network. */
const pnpmCache = join(cacheDir, 'pnpm-cache')
const stampFile = inRoot('node_modules', '.installed')

/** Installs when there is no `node_modules`, or when the lockfile or a manifest is not the one that was installed. */
export async function ensureInstalled() {
  const wanted = fingerprint()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === wanted) return
  const pnpm = await ensurePnpm()
  console.log('Installing the dependencies from the package registry, once (205 MB, about a minute) …')
  // A `node_modules` of another pnpm is replaced without a question: nobody may be there to answer it.
  const args = ['install', '--frozen-lockfile', '--reporter=append-only', '--config.confirmModulesPurge=false']
  const { code, output } = await run(pnpm, [...args, `--cache-dir=${pnpmCache}`], { quiet: true })
  if (code !== 0) {
    throw new Stop(`${output.trimEnd()}\n\nThe dependencies could not be installed (see above). ${NETWORK_HINT}`)
  }
  writeFileSync(stampFile, wanted)
}

const NETWORK_HINT = 'The first run needs the npm registry; later runs need no network.'

/** The path of the repository's own pnpm, fetched by npm when it isn't there yet. */
export async function ensurePnpm() {
  const found = findPnpm()
  if (found) return found
  console.log(`Fetching ${PNPM} from the package registry into .cache/pnpm, once (a few seconds) …`)
  const args = ['install', '--prefix', pnpmHome, '--no-audit', '--no-fund', '--loglevel=error', PNPM]
  const { code, output } = await npm(args)
  const installed = findPnpm()
  if (code === 0 && installed) return installed
  throw new Stop(`${output.trimEnd()}\n\nnpm could not fetch ${PNPM} (see above). ${NETWORK_HINT}`)
}

/** The program itself rather than its shim: it is there also where npm may not run install scripts. */
export function findPnpm() {
  const folder = join(pnpmHome, 'node_modules', '@pnpm')
  if (!existsSync(folder)) return undefined
  const platform = readdirSync(folder).find((name) => name.startsWith('exe.'))
  if (!platform) return undefined
  const program = join(folder, platform, process.platform === 'win32' ? 'pnpm.exe' : 'pnpm')
  return existsSync(program) ? program : undefined
}

/** The arguments that make the repository's pnpm install elsewhere from what this install has brought. */
export function offlineArgs() {
  const { storeDir } = JSON.parse(readFileSync(inRoot('node_modules', '.modules.yaml'), 'utf8'))
  // pnpm adds the version of its layout to the folder it is given.
  return ['--offline', `--cache-dir=${pnpmCache}`, `--store-dir=${storeDir.replace(/[\\/]v\d+$/, '')}`]
}

function npm(args) {
  const cli = process.env['npm_execpath']
  return cli?.endsWith('npm-cli.js') ? runNode([cli, ...args], { quiet: true }) : run('npm', args, { quiet: true })
}

// pnpm refuses a frozen lockfile that doesn't fit the manifests, so the lockfile and the settings say everything.
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(readFileSync(inRoot(file)))
  return hash.digest('hex')
}
