// npm run size: what the entries weigh in a page, against goals and limits; `-- --parts` says what the first is
// made of.
import { ensureBuilt } from './lib/built.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { requireNode } from './lib/node-version.mjs'
import { runMain, Stop } from './lib/run.mjs'
import { BUDGETS } from './size-budgets.mjs'

const NUMBER = new Intl.NumberFormat('en')
const WIDTH = Math.max(...BUDGETS.map(({ name }) => name.length))

function row(name, cells, remark = '') {
  const texts = cells.map((cell) => (typeof cell === 'number' ? NUMBER.format(cell) : cell).padStart(9))
  console.log(`${name.padEnd(WIDTH)}  ${texts.join(' ')}${remark}`.trimEnd())
}

function remarkOf(brotli, { bytes, limit }) {
  if (brotli > (limit ?? bytes)) return '  OVER'
  return brotli > bytes ? `  ${NUMBER.format(brotli - bytes)} past its goal` : ''
}

requireNode()
await runMain(async () => {
  await ensureInstalled()
  await ensureBuilt()
  const { measure } = await import('./lib/measure.mjs')
  row('bytes of the first load', ['minified', 'brotli', 'goal', 'limit'])
  const over = []
  for (const budget of BUDGETS) {
    const { name, bytes, limit = bytes } = budget
    const { minified, brotli, lazy } = await measure(budget)
    if (brotli > limit) over.push(name)
    row(name, [minified, brotli, bytes, limit], remarkOf(brotli, budget))
    for (const part of lazy) row(`  + on use: ${part.name}`, [part.minified, part.brotli])
  }
  if (process.argv.includes('--parts')) {
    const { parts } = await measure(BUDGETS[0])
    console.log(`\nminified bytes of '${BUDGETS[0].name}'`)
    for (const { file, bytes } of parts)
      console.log(`${NUMBER.format(bytes).padStart(9)}  ${file.replace(/^.*node_modules\//, '')}`)
  }
  if (over.length > 0) throw new Stop(`Over its limit: ${over.join('; ')}`)
})
