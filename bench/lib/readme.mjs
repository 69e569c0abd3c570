// The table of the repository's README: one line for each case, made from a run, so that it can't drift from one.
import { readFile, writeFile } from 'node:fs/promises'
import { median } from './measure.mjs'
import { counterpart, formatMarkdown, formatNumber, formatRatio, ratioTo } from './report.mjs'

const README = new URL('../../README.md', import.meta.url)
const START = '<!-- bench: written by `npm run bench -- --write-readme` -->'
const END = '<!-- /bench -->'

/** Whose figures have a column, by the column's name; the first that took part in a case is shown. */
const COLUMNS = {
  geth: ['geth server', 'geth rlpx'],
  ethereumjs: ['ethereumjs'],
  libp2p: ['libp2p', 'libp2p ws'],
  'plain socket': ['plain socket', 'plain ws'],
  limit: ['limit'],
}
const OURS = 'peerwire'

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
  const ours = entries.filter(({ row }) => row.contestant.startsWith(OURS))
  const lines = ours.map(({ row, references }) => lineOf(rows, row, references))
  const head = ['', 'contestant', 'unit', 'min', 'median', 'max', ...Object.keys(COLUMNS), 'to geth', 'to libp2p']
  const others = ['geth server', 'ethereumjs', 'libp2p'].filter((name) => versions[name])
  const named = others.map((name) => `${name.replace('geth server', 'go-ethereum')} ${versions[name].replace('v', '')}`)
  const made = `${date}, ${machine}; ${[`peerwire ${versions['peerwire node']}`, ...named].join(', ')}.`
  return `${made}\n\n${formatMarkdown([head, ...lines], 3)}`
}

function lineOf(rows, row, references) {
  const sorted = row.values.toSorted((a, b) => a - b)
  const what = [row.case, row.payload, row.snappy === undefined ? '' : row.snappy ? 'snappy' : 'plain']
  const others = Object.values(COLUMNS).map((names) => {
    const found = names.map((name) => counterpart(rows, row, name)).find((one) => one !== undefined)
    return found ? formatNumber(median(found.values)) : ''
  })
  return [
    what.filter((part) => part).join(', '),
    row.contestant.slice(OURS.length + 1),
    row.unit,
    ...[sorted[0], median(sorted), sorted.at(-1)].map(formatNumber),
    ...others,
    ...['geth', 'libp2p'].map((name) => formatRatio(ratioTo(rows, row, references[name]))),
  ]
}
