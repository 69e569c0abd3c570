// Finds a Chromium for the browser tests, and gets one where it can.
//
//   node scripts/find-browser.mjs             prints the one that the tests take
//   node scripts/find-browser.mjs --install   gets one first when there is none
import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ensurePnpm } from './lib/install.mjs'
import { cacheDir } from './lib/paths.mjs'
import { run, runMain, runNode, Stop } from './lib/run.mjs'
import { toolFile } from './lib/tools.mjs'

/**
 * @typedef {{ path: string, from: string, args: string[] }} Browser
 *   `from` says in words where it was found, `args` what it must be started with
 */

const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome']
const PLACES = {
  linux: ['/usr/bin', '/usr/local/bin', '/snap/bin', '/opt/google/chrome'],
  darwin: ['/Applications/Google Chrome.app/Contents/MacOS', '/Applications/Chromium.app/Contents/MacOS'],
  win32: ['ProgramFiles', 'ProgramFiles(x86)', 'LOCALAPPDATA'].map((name) =>
    join(process.env[name] ?? '', 'Google', 'Chrome', 'Application'),
  ),
}
const MAC_NAMES = ['Google Chrome', 'Chromium']

/** A Chromium inside a package, for machines that reach the package registry alone. */
const PACKAGED = '@sparticuz/chromium@153.0.0'
const packagedFolder = join(cacheDir, 'chromium')

/** A download on a slow line; past it the tests say that there is none. */
const DOWNLOAD_LIMIT_MS = 180_000
const APT_LIMIT_MS = 300_000

export const HOW_TO_GET_ONE =
  'No Chromium was found for the browser tests. Any one of these helps: install Chromium or Google Chrome; ' +
  'run `npx playwright install chromium`; or set CHROMIUM_PATH to the program.'

/**
 * The Chromium to take: CHROMIUM_PATH, an installed one, playwright's own, or the one inside `@sparticuz/chromium`.
 *
 * @returns {Promise<Browser | undefined>}
 */
export async function findBrowser() {
  const wanted = process.env['CHROMIUM_PATH']
  if (wanted) {
    if (!canRun(wanted)) throw new Stop(`CHROMIUM_PATH names no program: ${wanted}`)
    return browser(wanted, 'CHROMIUM_PATH')
  }
  const installed = findInstalled()
  if (installed) return browser(installed, 'installed')
  return (await findPlaywrights()) ?? (await findPackaged())
}

function browser(path, from, args = []) {
  // Chromium refuses its sandbox to root; the tests open nothing but pages of their own.
  const isRoot = process.getuid?.() === 0
  return { path, from, args: isRoot && !args.includes('--no-sandbox') ? [...args, '--no-sandbox'] : args }
}

function findInstalled() {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...(PLACES[process.platform] ?? [])]
  const names = process.platform === 'win32' ? ['chrome.exe'] : [...NAMES, ...MAC_NAMES]
  for (const name of names) {
    const folder = folders.find((place) => place !== '' && canRun(join(place, name)))
    if (folder) return join(folder, name)
  }
  return undefined
}

function canRun(path) {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

async function findPlaywrights() {
  const { chromium } = await import('playwright')
  const path = chromium.executablePath()
  return path && existsSync(path) ? browser(path, "playwright's download") : undefined
}

async function findPackaged() {
  let entry
  try {
    entry = createRequire(join(packagedFolder, 'package.json')).resolve('@sparticuz/chromium')
  } catch {
    return undefined
  }
  const { default: packaged } = await import(pathToFileURL(entry).href)
  return browser(await packaged.executablePath(), '@sparticuz/chromium', packaged.args)
}

/**
 * Finds a browser, or gets one: by apt as root on Debian and its kin, else playwright's download, else the one of the
 * package registry. Says before each what is fetched.
 */
export async function ensureBrowser() {
  const found = await findBrowser()
  if (found) return found
  if (process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    console.log('No Chromium here: installing it by apt-get, once (150 MB, a minute or two) …')
    const env = { DEBIAN_FRONTEND: 'noninteractive' }
    const options = { env, quiet: true, timeoutMs: APT_LIMIT_MS }
    await run('apt-get', ['update', '-q'], options)
    await run('apt-get', ['install', '-qy', '--no-install-recommends', 'chromium'], options)
    const installed = await findBrowser()
    if (installed) return installed
  }
  console.log("No Chromium here: fetching playwright's, once (180 MB, a minute or two) …")
  const args = [toolFile('playwright'), 'install', 'chromium']
  await runNode(args, { quiet: true, timeoutMs: DOWNLOAD_LIMIT_MS })
  const downloaded = await findBrowser()
  if (downloaded || process.platform !== 'linux') return downloaded
  console.log(`No Chromium here: fetching ${PACKAGED} from the package registry, once (70 MB, a minute) …`)
  const pnpm = await ensurePnpm()
  mkdirSync(packagedFolder, { recursive: true })
  writeFileSync(join(packagedFolder, 'package.json'), '{ "name": "packaged-chromium", "private": true }')
  await run(pnpm, ['add', '--ignore-workspace', PACKAGED], {
    cwd: packagedFolder,
    quiet: true,
    timeoutMs: DOWNLOAD_LIMIT_MS,
  })
  return await findBrowser()
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runMain(async () => {
    const found = process.argv.includes('--install') ? await ensureBrowser() : await findBrowser()
    if (!found) throw new Stop(HOW_TO_GET_ONE)
    console.log(`${found.path} (${found.from})`)
  })
}
