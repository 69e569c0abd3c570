// The address tables beside btcd's: adding to a fresh book and to a full one, picking, and how long slices are.
import { fileURLToPath } from 'node:url'
import { ensureBtcdBench } from '../../scripts/go-peers.mjs'
import { startContestant } from '../lib/contestant.mjs'
import { measureRates } from '../lib/measure.mjs'

const PEERWIRE = fileURLToPath(new URL('../contestants/peerwire-addresses.mjs', import.meta.url))

const TASKS = [
  { payload: 'added, 10,000', request: { do: 'addresses-add', full: false } },
  { payload: 'added, full', request: { do: 'addresses-add', full: true } },
  { payload: 'picked of 20,000', request: { do: 'addresses-pick' } },
].map((task) => ({ case: 'addresses', unit: '/s', count: 'count', worth: 1, ...task }))

/** @type {import('./index.mjs').Case} */
export const addresses = {
  name: 'addresses',
  long: true,
  title: 'The address tables: adding, picking, and slices of saving',
  references: { btcd: 'btcd addrmgr' },
  measure: async ({ options }) => {
    const btcd = await ensureBtcdBench()
    const inNode = (...args) => startContestant(options.node, ['--expose-gc', PEERWIRE, ...args])
    const found = [
      ...(btcd ? [{ name: 'btcd addrmgr', start: () => startContestant(btcd, [], { env: { GOMAXPROCS: '1' } }) }] : []),
      { name: 'peerwire', start: () => inNode() },
      { name: 'peerwire portable', start: () => inNode('portable') },
    ]
    const rows = []
    // In processes of their own: beside a full book in the same heap all else costs more.
    for (const task of TASKS) rows.push(...(await measureRates(found, [task], options)))
    return [...rows, ...(await slices(inNode, options))]
  },
}

/** Slices of each round: what a node's other work waits for while the book is saved or answers. */
async function slices(inNode, { rounds }) {
  const process = inNode()
  const answers = []
  for (let i = 0; i < rounds; i++) answers.push(await process.ask({ do: 'addresses-slices' }))
  await process.stop()
  return ['save', 'load', 'sample'].map((kind) => ({
    case: 'addresses',
    payload: `slice, ${kind}, p99`,
    contestant: 'peerwire',
    unit: 'ms',
    values: answers.map((answer) => answer[kind]),
  }))
}
