// npm run bench: peerwire beside go-ethereum and plain sockets on this machine; see bench/README.md.
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { canPin, startContestant } from '../bench/lib/contestant.mjs'
import {
  goContestant,
  measureHandshakes,
  measureMemory,
  measureThroughput,
  nodeContestant,
} from '../bench/lib/measure.mjs'
import { mixedPayload, randomPayload } from '../bench/lib/payloads.mjs'
import { describeMachine, formatTable } from '../bench/lib/report.mjs'
import { ensureGoBench, findGo } from './go-peers.mjs'
import { ensureBuilt } from './lib/built.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { inRoot } from './lib/paths.mjs'
import { run, runMain, Stop } from './lib/run.mjs'

const HELP = `npm run bench -- [options]
  --only PARTS       throughput, handshakes, memory; comma separated, all by default
  --rounds N         rounds of each case, interleaved; 5
  --ms N             length of a round of messages or handshakes; 300
  --peers N          idle peers of the memory part; 500
  --alternatives     also @ethereumjs/devp2p and js-libp2p, installed once into bench/alternatives
  --no-build         measures what was built last
  --json FILE        writes every value there`

/** Fresh processes for each round make memory slow to measure and steady. */
const MEMORY_ROUNDS = 3

await runMain(async () => {
  const options = readOptions()
  if (!options) return
  await ensureInstalled()
  if (options.build) await ensureBuilt()
  const contestants = await findContestants(options.alternatives)
  console.log(`${describeMachine()}; ${canPin ? 'both ends on one core' : 'cores not held: taskset is missing'}\n`)
  await describe(contestants.all)
  const rows = []
  const show = (title, found, reference) => {
    rows.push(...found)
    console.log(`\n## ${title}\n\n${formatTable(found, reference)}`)
  }
  const { only, peers } = options
  if (only.includes('throughput')) {
    show('Messages one way', await measureThroughput(contestants.all, throughputCases(), options), 'geth rlpx')
  }
  if (only.includes('handshakes')) {
    show('Handshakes, eight in flight', await measureHandshakes(contestants.all, options), 'geth rlpx')
  }
  if (only.includes('memory')) {
    const found = await measureMemory(contestants.hubs, peers, Math.min(MEMORY_ROUNDS, options.rounds))
    show(`Memory per idle peer, ${peers} peers`, found, 'geth server')
  }
  if (options.json) await writeFile(options.json, `${JSON.stringify({ machine: describeMachine(), rows }, null, 1)}\n`)
})

function readOptions() {
  const { values } = parseArgs({
    allowNegative: true,
    options: {
      only: { type: 'string', default: 'throughput,handshakes,memory' },
      rounds: { type: 'string', default: '5' },
      ms: { type: 'string', default: '300' },
      peers: { type: 'string', default: '500' },
      alternatives: { type: 'boolean', default: false },
      build: { type: 'boolean', default: true },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(HELP)
    return undefined
  }
  const [rounds, roundMs, peers] = [values.rounds, values.ms, values.peers].map(Number)
  if (![rounds, roundMs, peers].every((value) => Number.isSafeInteger(value) && value > 0)) {
    throw new Stop(`--rounds, --ms and --peers are whole numbers above 0\n\n${HELP}`)
  }
  return { ...values, only: values.only.split(','), rounds, roundMs, peers }
}

function throughputCases() {
  const sizes = [
    { bytes: 100, unit: 'msg/s', size: '100 B' },
    { bytes: 65_536, unit: 'MB/s', size: '64 KiB' },
  ]
  const kinds = [
    { payloadOf: randomPayload, snappy: false, kind: 'random, plain' },
    { payloadOf: randomPayload, snappy: true, kind: 'random, snappy' },
    { payloadOf: mixedPayload, snappy: true, kind: 'words, snappy' },
  ]
  return sizes.flatMap(({ bytes, unit, size }) =>
    kinds.map(({ payloadOf, snappy, kind }) => ({ name: `${size} ${kind}`, unit, payload: payloadOf(bytes), snappy })),
  )
}

async function findContestants(alternatives) {
  const file = (name) => inRoot('bench', name)
  const gobench = await ensureGoBench()
  if (!gobench) console.log(`Without go-ethereum: ${(await findGo()).missing}.`)
  const startLeaves = gobench
    ? () => startContestant(gobench, ['leaves'], { pinned: false })
    : () => startContestant(process.execPath, [file('contestants/leaves.mjs')], { pinned: false })
  const go = gobench ? [goContestant('geth rlpx', gobench, 'rlpx'), goContestant('geth server', gobench, 'server')] : []
  const ours = [
    nodeContestant('peerwire rlpx', file('contestants/peerwire-rlpx.mjs')),
    nodeContestant('peerwire node', file('contestants/peerwire-node.mjs')),
  ]
  const socket = nodeContestant('plain socket', file('contestants/socket.mjs'))
  const others = alternatives ? await installAlternatives(file('alternatives')) : []
  const hubs = [...go.slice(1), ours[1], socket, ...others].map((entry) => ({ startLeaves, ...entry }))
  return { all: [...go, ...ours, ...others, socket], hubs }
}

async function installAlternatives(folder) {
  if (!existsSync(join(folder, 'node_modules'))) {
    console.log('Installing the alternatives, once …')
    const args = ['install', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
    const { code, output } = await run('npm', args, { cwd: folder, quiet: true })
    if (code !== 0) throw new Stop(`${output.trimEnd()}\n\nThe alternatives could not be installed (see above).`)
  }
  return [
    nodeContestant('ethereumjs', join(folder, 'ethereumjs.mjs')),
    {
      ...nodeContestant('libp2p', join(folder, 'libp2p.mjs')),
      startLeaves: () => startContestant(process.execPath, [join(folder, 'libp2p.mjs')], { pinned: false }),
    },
  ]
}

async function describe(contestants) {
  for (const { name, start } of contestants) {
    const process = start()
    const { version, runtime } = await process.ask({ do: 'describe' })
    console.log(`${name.padEnd(14)} ${version}, ${runtime}`)
    await process.stop()
  }
}
