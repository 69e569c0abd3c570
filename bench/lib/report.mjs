// Rows of measurements as a table that fits a page.
import { cpus } from 'node:os'
import { median } from './measure.mjs'

/**
 * A Markdown table: min, median and max over the rounds, and the median's ratio to the reference's of the same case.
 *
 * @param {readonly import('./measure.mjs').Row[]} rows
 * @param {string} reference - the contestant that ratios are taken to
 */
export function formatTable(rows, reference) {
  const table = [['case', 'contestant', 'unit', 'min', 'median', 'max', 'core', `to ${reference}`]]
  for (const row of rows) {
    const sorted = row.values.toSorted((a, b) => a - b)
    const other = rows.find((candidate) => candidate.case === row.case && candidate.contestant === reference)
    const ratio = other && median(row.values) / median(other.values)
    table.push([
      row.case,
      row.contestant,
      row.unit,
      ...[sorted[0], median(sorted), sorted.at(-1)].map(formatNumber),
      row.share === undefined ? '' : `${Math.round(row.share * 100)} %`,
      ratio === undefined ? '' : `${ratio.toPrecision(2)} ×`,
    ])
  }
  const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)))
  const lines = table.map((line) => `| ${line.map((cell, i) => pad(cell, widths[i], i > 2)).join(' | ')} |`)
  const rule = `| ${widths.map((width, i) => (i > 2 ? `${'-'.repeat(width - 1)}:` : '-'.repeat(width))).join(' | ')} |`
  return [lines[0], rule, ...lines.slice(1)].join('\n')
}

export function describeMachine() {
  const [first] = cpus()
  return `${cpus().length} × ${first?.model.trim()}, ${process.platform} ${process.arch}, Node ${process.versions.node}`
}

const pad = (text, width, right) => (right ? text.padStart(width) : text.padEnd(width))

function formatNumber(value) {
  if (value >= 1000) return Math.round(value).toLocaleString('en')
  return value >= 100 ? value.toFixed(0) : value.toFixed(1)
}
