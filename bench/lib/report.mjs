// Rows of measurements as one table that fits a page.
import { cpus } from 'node:os'
import { median } from './measure.mjs'

const HEAD = ['case', 'payload or part', 'snappy', 'contestant', 'unit', 'min', 'median', 'max', 'core']
/** Columns up to here are text, those after it numbers. */
const TEXT_COLUMNS = 5

/**
 * A Markdown table: min, median and max over the rounds, and the median's ratios to those of the case's references.
 *
 * @param {readonly { row: import('./measure.mjs').Row, references: Record<string, string> }[]} entries
 */
export function formatTable(entries) {
  const columns = [...new Set(entries.flatMap(({ references }) => Object.keys(references)))]
  const rows = entries.map(({ row }) => row)
  const table = [[...HEAD, ...columns.map((name) => `to ${name}`)]]
  for (const { row, references } of entries) {
    const sorted = row.values.toSorted((a, b) => a - b)
    table.push([
      row.case,
      row.payload ?? '',
      row.snappy === undefined ? '' : row.snappy ? 'on' : 'off',
      row.contestant,
      row.unit,
      ...[sorted[0], median(sorted), sorted.at(-1)].map(formatNumber),
      row.share === undefined ? '' : `${Math.round(row.share * 100)} %`,
      ...columns.map((name) => formatRatio(ratioTo(rows, row, references[name]))),
    ])
  }
  return formatMarkdown(table, TEXT_COLUMNS)
}

/**
 * The median of `row` to that of another contestant at the same; `undefined` where that one has none. Who never
 * compresses, or always does, is compared by what it does.
 */
export function ratioTo(rows, row, contestant) {
  const other = counterpart(rows, row, contestant)
  return other && median(row.values) / median(other.values)
}

/** The row of another contestant that `row` is compared with. */
export function counterpart(rows, row, contestant) {
  const same = ['case', 'payload', 'unit']
  const found = rows.filter((one) => one.contestant === contestant && same.every((key) => one[key] === row[key]))
  return found.find(({ snappy }) => snappy === row.snappy) ?? (found.length === 1 ? found[0] : undefined)
}

/** @param {readonly (readonly string[])[]} table - the first line is the head */
export function formatMarkdown(table, textColumns) {
  const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)))
  const lines = table.map((line) => `| ${line.map((cell, i) => pad(cell, widths[i], i >= textColumns)).join(' | ')} |`)
  const rules = widths.map((width, i) => (i >= textColumns ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width)))
  return [lines[0], `| ${rules.join(' | ')} |`, ...lines.slice(1)].join('\n')
}

/** Without the name of the machine, which is nobody's business. */
export function describeMachine(node) {
  const [first] = cpus()
  return `${cpus().length} × ${first?.model.trim()}, ${process.platform} ${process.arch}, Node ${node}`
}

const pad = (text, width, right) => (right ? text.padStart(width) : text.padEnd(width))

export const formatRatio = (ratio) => (ratio === undefined ? '' : `${ratio.toPrecision(2)} ×`)

export function formatNumber(value) {
  if (value >= 1000) return Math.round(value).toLocaleString('en')
  return value >= 100 ? value.toFixed(0) : value.toFixed(1)
}
