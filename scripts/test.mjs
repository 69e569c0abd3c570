// npm test: all tests, counted. `npm test -- unit`, `npm test -- tests/interop`, `npm test -- frames -t title` choose.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt, ensurePage } from './lib/built.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { requireNode } from './lib/node-version.mjs'
import { inRoot } from './lib/paths.mjs'
import { runMain, Stop } from './lib/run.mjs'
import { chooseStages } from './lib/stages.mjs'
import { runTool } from './lib/tools.mjs'

requireNode()

/** Where the tests must not be left out for want of a browser or of Go. */
const isStrict = Boolean(process.env['CI'] || process.env['PEERWIRE_CI'])
const isLong = process.argv.includes('--long')
const seed = process.env['PEERWIRE_SEED'] ?? String(Math.floor(Math.random() * 0x8000_0000))

const total = { passed: 0, failed: 0, skipped: 0 }

async function runAll(args) {
  const { stages, filters, options } = chooseStages(args, isLong)
  await ensureInstalled()
  await ensureBuilt()
  await ensurePage()
  console.log(`Seed of this run: ${seed} (PEERWIRE_SEED=${seed} repeats it)`)
  for (const { name, projects } of stages) {
    const env = (await PREPARE[name]?.()) ?? {}
    await runStage(projects, [...filters, ...options], env)
  }
}

/** Vitest over some projects; adds what it counted. */
async function runStage(projects, args, env) {
  const folder = mkdtempSync(join(tmpdir(), 'peerwire-tests-'))
  const countsFile = join(folder, 'counts.json')
  const chosen = projects.flatMap((name) => ['--project', name])
  const reporters = ['--reporter=default', `--reporter=${inRoot('scripts', 'lib', 'counts-reporter.mjs')}`]
  const settings = { PEERWIRE_SEED: seed, PEERWIRE_COUNTS: countsFile, ...(isLong ? { PEERWIRE_LONG: '1' } : {}) }
  try {
    const command = ['run', '--passWithNoTests', ...chosen, ...reporters, ...args]
    const { code } = await runTool('vitest', command, { env: { ...settings, ...env } })
    const counts = JSON.parse(readFileSync(countsFile, 'utf8'))
    for (const key of Object.keys(total)) total[key] += counts[key]
    // A failure that no test shows, such as a bad configuration, is still one.
    if (code !== 0 && counts.failed === 0) total.failed++
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    throw new Stop('Vitest ended before it had counted its tests (see above).')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** What a stage needs beyond the packages; the answer is added to its environment. */
const PREPARE = {
  async browser() {
    const { ensureBrowser, HOW_TO_GET_ONE } = await import('./find-browser.mjs')
    const browser = await ensureBrowser()
    if (browser) console.log(`Browser: ${browser.path} (${browser.from})`)
    else console.error(HOW_TO_GET_ONE)
    return {}
  },
  async interop() {
    const { ensureGoPeers, findGo } = await import('./go-peers.mjs')
    const go = await findGo()
    const why = 'missing' in go ? go.missing : await failureOf(() => ensureGoPeers({ geth: true }))
    if (why === undefined || isStrict) return {}
    console.log(`The tests against go-ethereum are skipped: ${why}.`)
    return { PEERWIRE_SKIP_PROJECT: 'interop' }
  },
}

async function failureOf(action) {
  try {
    await action()
    return undefined
  } catch (error) {
    return error.message.trimEnd()
  }
}

await runMain(async () => {
  try {
    await runAll(process.argv.slice(2).filter((arg) => arg !== '--long'))
  } catch (error) {
    total.failed++
    throw error
  }
})
if (total.passed + total.failed === 0) {
  console.error('No test ran.')
  process.exitCode = 1
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : ''
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`)
if (total.failed > 0) process.exitCode = 1
