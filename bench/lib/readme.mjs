// The tables of the READMEs, made from a run, so that they can't drift: here every row, in the repository's one line
// for each thing measured.
import { readFile, writeFile } from 'node:fs/promises'
import { median } from './measure.mjs'
import { counterpart, formatMarkdown, formatNumber, formatRatio, formatTable, ratioTo } from './report.mjs'

const README = new URL('../../README.md', import.meta.url)
const OWN_README = new URL('../README.md', import.meta.url)
const START = '<!-- bench: written by `npm run bench -- --write-readme` -->'
const END = '<!-- /bench -->'

/** Whose medians have a column, by the column's name; of several the first that took part in a case. */
const COLUMNS = {
  'go-ethereum': ['geth rlpx', 'geth server'],
  ethereumjs: ['ethereumjs'],
  libp2p: ['libp2p', 'libp2p ws', 'gossipsub'],
  'plain socket': ['plain socket', 'plain ws', 'ws relay'],
  limit: ['limit'],
}
/** Ratios to these have a column, by their names in a case's references. */
const RATIOS = ['geth', 'ethereumjs', 'libp2p']
/** Our contestants that the README tells of, and how; the codec without a node is for the full table. */
const OURS = { 'peerwire node': '', 'peerwire node ws': '', 'peerwire relay': '', peerwire: '' }
const LEFT_OUT = /rlpx$/
const PEERWIRE = 'peerwire'

/** Puts the tables between the marks in both READMEs. */
export async function writeReadme(result) {
  await writeBlock(README, blockOf(result))
  await writeBlock(OWN_README, `${madeOf(result)}\n\n${formatTable(result.entries)}`)
}

async function writeBlock(file, block) {
  const text = await readFile(file, 'utf8')
  const [before, rest] = text.split(START)
  const after = rest?.split(END)[1]
  if (after === undefined) throw new Error(`${file.pathname} lacks the marks ${START} and ${END}`)
  await writeFile(file, `${before}${START}\n\n${block}\n\n${END}${after}`)
}

/** One line for each thing measured. */
function blockOf(result) {
  const { entries } = result
  const rows = entries.map(({ row }) => row)
  const ours = entries.filter(({ row }) => isShown(row))
  const lines = ours.map(({ row, references }) => lineOf(rows, row, references))
  const head = ['', 'peerwire: min / median / max', ...Object.keys(COLUMNS), ...RATIOS.map((name) => `to ${name}`)]
  return `${madeOf(result)}\n\n${formatMarkdown([head, ...lines], 1)}`
}

/** When, where, and of what. */
function madeOf({ date, machine, versions }) {
  const named = Object.entries({ 'go-ethereum': 'geth server', ethereumjs: 'ethereumjs', libp2p: 'libp2p' })
    .filter(([, name]) => versions[name])
    .map(([label, name]) => `${label} ${versions[name].replace('v', '')}`)
  const made = [`peerwire ${versions['peerwire node']}`, ...named].join(', ')
  return `${date}, ${machine}; ${made}.`
}

function isShown({ contestant, payload = '' }) {
  return contestant.startsWith(PEERWIRE) && !LEFT_OUT.test(contestant) && !payload.startsWith('+')
}

function lineOf(rows, row, references) {
  const sorted = row.values.toSorted((a, b) => a - b)
  const variant = OURS[row.contestant] ?? row.contestant.slice(PEERWIRE.length + 1)
  const snappy = row.snappy === undefined ? '' : row.snappy ? 'snappy' : 'plain'
  const what = [row.case, row.payload, snappy, variant].filter((part) => part).join(', ')
  const others = Object.values(COLUMNS).map((names) => {
    const found = names.map((name) => counterpart(rows, row, name)).find((one) => one !== undefined)
    return found ? formatNumber(median(found.values)) : ''
  })
  const own = [...new Set([sorted[0], median(sorted), sorted.at(-1)].map(formatNumber))].join(' / ')
  return [
    what,
    `${own} ${row.unit}`,
    ...others,
    ...RATIOS.map((name) => formatRatio(ratioTo(rows, row, references[name]))),
  ]
}
