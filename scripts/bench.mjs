// npm run bench: peerwire beside go-ethereum, the alternatives and the limits of this machine; see bench/README.md.
import { spawnSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { CASES } from '../bench/cases/index.mjs'
import { ALTERNATIVES, contestants as findContestants, hasAlternatives } from '../bench/contestants/index.mjs'
import { canPin } from '../bench/lib/contestant.mjs'
import { attempt } from '../bench/lib/measure.mjs'
import { writeReadme } from '../bench/lib/readme.mjs'
import { describeMachine, formatTable } from '../bench/lib/report.mjs'
import { ensureGoBench, findGo } from './go-peers.mjs'
import { ensureBuilt } from './lib/built.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { inRoot } from './lib/paths.mjs'
import { run, runMain, Stop } from './lib/run.mjs'

const HELP = `npm run bench -- [options]
  --quick            fewer rounds, sizes and peers: within two minutes
  --only PARTS       of ${CASES.map(({ name }) => name).join(', ')}; comma separated
  --contestants ...  only those whose names have one of these parts; comma separated
  --rounds N         rounds of each case, interleaved; 5
  --ms N             length of a round of messages or handshakes; 300
  --peers N,...      idle peers of the memory case; 500,5000
  --browser          what a tab of Chromium reaches: the same as --only browser,visit,follow
  --minutes N        how long the case follow lasts; 1
  --node PATH        the Node that everything in JavaScript runs on; default: this one
  --no-alternatives  without @ethereumjs/devp2p and js-libp2p, which are installed once into bench/alternatives
  --no-build         measures what was built last
  --profile KIND     cpu or allocations: also profiles, into .cache/profiles; the figures are then slower
  --json FILE        writes every value there; default: .cache/bench.json
  --write-readme     puts the table into README.md, as of today`

await runMain(async () => {
  const options = readOptions()
  if (!options) return
  await ensureInstalled()
  if (options.build) await ensureBuilt()
  // Contestants inherit it.
  if (options.profile) process.env['BENCH_PROFILE'] = `${options.profile}:${inRoot('.cache', 'profiles')}`
  const machine = describeMachine(options.nodeVersion)
  console.log(`${machine}; ${canPin ? 'both ends on one core' : 'cores not held: taskset is missing'}\n`)
  const contestants = await available(options)
  const versions = await describe(contestants)
  const entries = []
  for (const one of chosenCases(options)) {
    const start = performance.now()
    process.stderr.write(`${one.title} …`)
    const rows = (await attempt(one.name, () => one.measure({ contestants, options }))) ?? []
    process.stderr.write(` ${Math.round((performance.now() - start) / 1e3)} s\n`)
    entries.push(...rows.map((row) => ({ row, references: one.references })))
  }
  console.log(`\n${formatTable(entries)}`)
  const result = { date: new Date().toISOString().slice(0, 10), machine, versions, quick: options.quick, entries }
  await writeFile(options.json, `${JSON.stringify(result, null, 1)}\n`)
  if (options['write-readme']) await writeReadme(result)
})

function readOptions() {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      quick: { type: 'boolean', default: false },
      only: { type: 'string' },
      contestants: { type: 'string' },
      rounds: { type: 'string' },
      ms: { type: 'string' },
      peers: { type: 'string' },
      browser: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '1' },
      node: { type: 'string', default: process.execPath },
      alternatives: { type: 'boolean', default: true },
      build: { type: 'boolean', default: true },
      profile: { type: 'string' },
      json: { type: 'string', default: '.cache/bench.json' },
      'write-readme': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return undefined
  }
  const { quick } = values
  const [rounds, roundMs] = [values.rounds ?? (quick ? 3 : 5), values.ms ?? (quick ? 100 : 300)].map(Number)
  const minutes = Number(values.minutes)
  const peers = (values.peers ?? (quick ? '500' : '500,5000')).split(',').map(Number)
  if (![rounds, roundMs, minutes, ...peers].every((value) => Number.isSafeInteger(value) && value > 0)) {
    throw new Stop(`--rounds, --ms, --peers and --minutes are whole numbers above 0\n\n${HELP}`)
  }
  const only = values.browser ? 'browser,visit,follow' : values.only
  return { ...values, only, nodeVersion: versionOf(values.node), rounds, roundMs, minutes, peers }
}

function versionOf(node) {
  const { status, stdout } = spawnSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  if (status !== 0) throw new Stop(`${node} is no Node`)
  return stdout.trim()
}

function chosenCases({ only, quick }) {
  if (only === undefined) return CASES.filter(({ onRequest, long }) => !onRequest && !(quick && long))
  return only.split(',').map((wanted) => {
    const found = CASES.find(({ name }) => name === wanted)
    if (!found) throw new Stop(`there is no part "${wanted}"\n\n${HELP}`)
    return found
  })
}

async function available({ alternatives, contestants: wanted, node }) {
  const gobench = await ensureGoBench()
  if (!gobench) console.log(`Without go-ethereum: ${(await findGo()).missing}.`)
  const all = findContestants({ gobench, alternatives: alternatives && (await installAlternatives()), node })
  return wanted === undefined ? all : all.filter(({ name }) => wanted.split(',').some((part) => name.includes(part)))
}

async function installAlternatives() {
  if (hasAlternatives()) return true
  console.log('Fetching ethereumjs and js-libp2p from the package registry into bench/alternatives, once (a minute) …')
  const args = ['install', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
  const { code, output } = await run('npm', args, { cwd: ALTERNATIVES, quiet: true })
  if (code !== 0)
    console.log(`${output.trimEnd()}\n\nWithout the alternatives: they could not be installed (see above).`)
  return code === 0
}

async function describe(contestants) {
  const versions = {}
  for (const { name, start } of contestants) {
    const process = start()
    const { version, runtime } = await process.ask({ do: 'describe' })
    await process.stop()
    versions[name] = version
    console.log(`${name.padEnd(18)} ${version}, ${runtime}`)
  }
  return versions
}
