// npm run size: what the entries weigh in a page, against their budgets; `-- --parts` says what the first is made of.
import { ensureBuilt } from './lib/built.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { requireNode } from './lib/node-version.mjs'
import { runMain, Stop } from './lib/run.mjs'
import { BUDGETS } from './size-budgets.mjs'

const NUMBER = new Intl.NumberFormat('en')
const cell = (value) => NUMBER.format(value).padStart(9)

requireNode()
await runMain(async () => {
  await ensureInstalled()
  await ensureBuilt()
  const { measure } = await import('./lib/measure.mjs')
  const width = Math.max(...BUDGETS.map(({ name }) => name.length))
  console.log(`${'bytes'.padEnd(width)}   minified    brotli    budget`)
  const over = []
  for (const budget of BUDGETS) {
    const { minified, brotli } = await measure(budget)
    const isOver = brotli > budget.bytes
    if (isOver) over.push(budget.name)
    const row = `${budget.name.padEnd(width)}  ${cell(minified)} ${cell(brotli)} ${cell(budget.bytes)}`
    console.log(isOver ? `${row}  OVER` : row)
  }
  if (process.argv.includes('--parts')) {
    const { parts } = await measure(BUDGETS[0])
    console.log(`\nminified bytes of '${BUDGETS[0].name}'`)
    for (const { file, bytes } of parts) console.log(`${cell(bytes)}  ${file.replace(/^.*node_modules\//, '')}`)
  }
  if (over.length > 0) throw new Stop(`Over budget: ${over.join('; ')}`)
})
