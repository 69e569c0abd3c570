// The table of the repository's README: one line for each thing measured, made from a run, so that it can't drift.
import { readFile, writeFile } from 'node:fs/promises'
import { median } from './measure.mjs'
import { counterpart, formatMarkdown, formatNumber, formatRatio, ratioTo } from './report.mjs'

const README = new URL('../../README.md', import.meta.url)
const START = '<!-- bench: written by `npm run bench -- --write-readme` -->'
const END = '<!-- /bench -->'

/** Whose medians have a column, by the column's name; of several the first that took part in a case. */
const COLUMNS = {
  'go-ethereum': ['geth server', 'geth rlpx'],
  ethereumjs: ['ethereumjs'],
  libp2p: ['libp2p', 'libp2p ws', 'gossipsub'],
  'plain socket': ['plain socket', 'plain ws'],
  limit: ['limit'],
}
/** Ratios to these have a column, by their names in a case's references. */
const RATIOS = ['geth', 'ethereumjs', 'libp2p']
/** Our contestants that the README tells of, and how; the codec without a node is for the full table. */
const OURS = { 'peerwire node': '', 'peerwire node ws': '', 'peerwire relay': '', peerwire: '' }
const LEFT_OUT = /rlpx$/
const PEERWIRE = 'peerwire'

/** Puts the table between the marks in README.md. */
export async function writeReadme(result) {
  const text = await readFile(README, 'utf8')
  const [before, rest] = text.split(START)
  const after = rest?.split(END)[1]
  if (after === undefined) throw new Error(`README.md lacks the marks ${START} and ${END}`)
  await writeFile(README, `${before}${START}\n\n${blockOf(result)}\n\n${END}${after}`)
}

/** What stands between the marks. */
export function blockOf({ date, machine, versions, entries }) {
  const rows = entries.map(({ row }) => row)
  const ours = entries.filter(({ row }) => isShown(row))
  const lines = ours.map(({ row, references }) => lineOf(rows, row, references))
  const head = ['', 'peerwire: min / median / max', ...Object.keys(COLUMNS), ...RATIOS.map((name) => `to ${name}`)]
  const named = Object.entries({ 'go-ethereum': 'geth server', ethereumjs: 'ethereumjs', libp2p: 'libp2p' })
    .filter(([, name]) => versions[name])
    .map(([label, name]) => `${label} ${versions[name].replace('v', '')}`)
  const made = [`peerwire ${versions['peerwire node']}`, ...named].join(', ')
  return `${date}, ${machine}; ${made}.\n\n${formatMarkdown([head, ...lines], 1)}`
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
