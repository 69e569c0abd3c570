// npm test: all tests, counted. `npm test -- unit`, `npm test -- tests/interop`, `npm test -- frames -t title` choose;
// `--repeat 10` runs them ten times. With `--long` and `--tools` it is test:long and test:tools.
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

const total = { passed: 0, failed: 0, skipped: 0 }

/** The flags of this script; the rest chooses tests. */
function readFlags(args) {
  const rest = [...args]
  const take = (flag, count) => (rest.includes(flag) ? rest.splice(rest.indexOf(flag), count) : undefined)
  const kind = take('--long', 1) ? 'long' : take('--tools', 1) ? 'tools' : 'short'
  const times = Number(take('--repeat', 2)?.[1] ?? 1)
  if (!(Number.isInteger(times) && times > 0)) throw new Stop('--repeat needs how many times: --repeat 10')
  return { kind, times, rest }
}

async function runAll({ kind, times, rest }) {
  const { stages, filters, options } = chooseStages(rest, kind)
  await ensureInstalled()
  await ensureBuilt()
  await ensurePage()
  const env = kind === 'long' ? { PEERWIRE_LONG: '1' } : {}
  for (const { projects } of stages) {
    for (const name of projects) Object.assign(env, await PREPARE[name]?.())
  }
  for (let time = 1; time <= times; time++) {
    const seed = process.env['PEERWIRE_SEED'] ?? String(Math.floor(Math.random() * 0x8000_0000))
    const which = times > 1 ? `Run ${time} of ${times}, seed` : 'Seed of this run:'
    console.log(`${which} ${seed} (PEERWIRE_SEED=${seed} repeats it)`)
    await runStages(stages, [...filters, ...options], { ...env, PEERWIRE_SEED: seed })
  }
}

/** All at once; the output of the first one is seen as it comes, that of the others when it is their turn. */
async function runStages(stages, args, env) {
  const running = stages.map(({ projects }, index) => runStage(projects, args, { env, quiet: index > 0 }))
  for (const [index, stage] of running.entries()) {
    if (index > 0) console.log(`\nBeside these: ${stages[index].projects.join(', ')} …`)
    process.stdout.write((await stage).output)
  }
}

/** Vitest over some projects; adds what it counted. */
async function runStage(projects, args, { env, quiet }) {
  const folder = mkdtempSync(join(tmpdir(), 'peerwire-tests-'))
  const countsFile = join(folder, 'counts.json')
  const chosen = projects.flatMap((name) => ['--project', name])
  const reporters = ['--reporter=default', `--reporter=${inRoot('scripts', 'lib', 'counts-reporter.mjs')}`]
  const colors = quiet && process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}
  try {
    const command = ['run', '--passWithNoTests', ...chosen, ...reporters, ...args]
    const settings = { env: { ...env, ...colors, PEERWIRE_COUNTS: countsFile }, quiet }
    const { code, output } = await runTool('vitest', command, settings)
    const counts = readCounts(countsFile)
    if (!counts) console.error(`${output}\nVitest ended before it had counted the tests of ${projects.join(', ')}.`)
    for (const key of Object.keys(total)) total[key] += counts?.[key] ?? 0
    // A failure that no test shows, such as a bad configuration, is still one.
    if (!counts || (code !== 0 && counts.failed === 0)) total.failed++
    return { output: counts ? output : '' }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return undefined
  }
}

/** What a project needs beyond the packages; the answer is added to its environment. */
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
  async tools() {
    const { ensureToolbox } = await import('./lib/toolbox.mjs')
    const missing = await ensureToolbox()
    await PREPARE.browser()
    if (missing === undefined) return {}
    console.log(`The tests with tools of the package registry are ${isStrict ? 'lost' : 'skipped'}: ${missing}`)
    return { PEERWIRE_NO_TOOLBOX: missing }
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
    await runAll(readFlags(process.argv.slice(2)))
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
