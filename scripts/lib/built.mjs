// Compiles the packages and the relay's page when they are older than their sources.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inRoot } from './paths.mjs'
import { Stop } from './run.mjs'
import { runTool } from './tools.mjs'

const pageSource = inRoot('examples', 'page')
const pageBuilt = inRoot('packages', 'relay', 'page')

/** What the page is bundled from, besides its own sources. */
const PAGE_PACKAGES = ['core', 'transport-ws', 'eth']

/** Compiles what changed; takes a second when nothing did. */
export async function ensureBuilt() {
  removeOrphans()
  const { code } = await runTool('tsc', ['-b', 'tsconfig.build.json'], {}, 'typescript')
  if (code !== 0) throw new Stop('The packages do not compile (see above).')
  writeBuilt()
}

/** The date that the command compares its clock with: of the sources, so that equal ones give equal packages. */
function writeBuilt() {
  const path = inRoot('packages', 'relay', 'dist', 'built.json')
  const { status, stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: inRoot(), encoding: 'utf8' })
  const builtMs = status === 0 ? Number(stdout) * 1000 : newestIn(inRoot('packages', 'relay', 'src'))
  const text = `${JSON.stringify({ builtMs })}\n`
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text)
}

/** The compiler leaves the output of sources that are gone; it would be packed and published. */
function removeOrphans() {
  for (const name of readdirSync(inRoot('packages'))) {
    const built = inRoot('packages', name, 'dist')
    if (!existsSync(built)) continue
    for (const path of readdirSync(built, { recursive: true })) {
      const source = join(inRoot('packages', name, 'src'), path.replace(/(\.d\.ts|\.js)(\.map)?$/, '.ts'))
      if (/\.(d\.ts|js)(\.map)?$/.test(path) && !existsSync(source)) rmSync(join(built, path))
    }
  }
}

/** Bundles `examples/page` into the relay's package when it changed. */
export async function ensurePage() {
  if (!existsSync(join(pageSource, 'index.html'))) return
  const sources = [pageSource, ...PAGE_PACKAGES.map((name) => inRoot('packages', name, 'dist'))]
  const index = join(pageBuilt, 'index.html')
  const builtAt = existsSync(index) ? statSync(index).mtimeMs : 0
  if (sources.every((folder) => newestIn(folder) < builtAt)) return
  const args = ['build', pageSource, '--outDir', pageBuilt, '--emptyOutDir', '--logLevel', 'warn']
  const { code } = await runTool('vite', args)
  if (code !== 0) throw new Stop('The page could not be bundled (see above).')
}

/** Milliseconds since 1970 of the youngest file below a folder; what tools left there does not count. */
function newestIn(folder) {
  let newest = 0
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (['node_modules', 'dist', '.vite', '.tsbuildinfo'].includes(entry.name)) continue
    const path = join(folder, entry.name)
    newest = Math.max(newest, entry.isDirectory() ? newestIn(path) : statSync(path).mtimeMs)
  }
  return newest
}
