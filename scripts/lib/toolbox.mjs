// The tools of others that `npm run test:tools` tries the packages with, brought once into `.cache/tools`.
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensurePnpm } from './install.mjs'
import { cacheDir, inRoot } from './paths.mjs'
import { run } from './run.mjs'

const SOURCE = inRoot('tests', 'tools', 'toolbox')
const FILES = ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml']
/** Where they are; `node_modules` has each by the name that `tests/tools/toolbox/package.json` gives it. */
export const toolboxFolder = join(cacheDir, 'tools')
const STAMP = join(toolboxFolder, '.installed')
/** Some 300 MB on a slow line. */
const LIMIT_MS = 8 * 60_000

/**
 * Installs what `tests/tools/toolbox` pins, unless it is there; says beforehand what will be fetched.
 *
 * @returns {Promise<string | undefined>} why they can't be had, as a sentence; `undefined` when they are there
 */
export async function ensureToolbox() {
  const wanted = fingerprint()
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return undefined
  const { dependencies } = JSON.parse(readFileSync(join(SOURCE, 'package.json'), 'utf8'))
  const names = Object.entries(dependencies).map(([name, range]) =>
    range.replace(/^npm:/, '').replace(/^\d/, `${name}@$&`),
  )
  console.log(`Fetching tools from the package registry into .cache/tools, once (300 MB, 1 to 3 minutes):`)
  console.log(`  ${names.join(' ')}, Node 22 and 24 …`)
  mkdirSync(toolboxFolder, { recursive: true })
  for (const file of FILES) cpSync(join(SOURCE, file), join(toolboxFolder, file))
  const pnpm = await ensurePnpm()
  const args = ['install', '--frozen-lockfile', '--reporter=append-only', '--config.confirmModulesPurge=false']
  const { code, output } = await run(pnpm, args, { cwd: toolboxFolder, quiet: true, timeoutMs: LIMIT_MS })
  if (code !== 0) return `the tools could not be fetched: ${output.trim().split('\n').slice(-3).join(' ')}`
  writeFileSync(STAMP, wanted)
  return undefined
}

function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`)
  for (const file of FILES) hash.update(readFileSync(join(SOURCE, file)))
  return hash.digest('hex')
}
