// npm run check: types, lint, format and the rules for files. All of it runs, whatever fails first.
import { ensureInstalled } from './lib/install.mjs'
import { checkFiles } from './lib/file-rules.mjs'
import { requireNode } from './lib/node-version.mjs'
import { inRoot, root } from './lib/paths.mjs'
import { runMain, runNode, Stop } from './lib/run.mjs'
import { runTool } from './lib/tools.mjs'

const STEPS = [
  ['types', () => tool('tsc', ['-b'], 'typescript')],
  ['lint', () => tool('oxlint', ['--type-aware', '--deny-warnings'])],
  ['format', () => tool('oxfmt', ['--check', '.'])],
  ['docs/errors.md', () => script('errors-doc.mjs', '--check')],
  ['files', () => report(checkFiles(root))],
]

async function tool(name, args, packageName = name) {
  const { code } = await runTool(name, args, {}, packageName)
  return code === 0
}

async function script(name, ...args) {
  const { code } = await runNode([inRoot('scripts', name), ...args])
  return code === 0
}

function report(breaches) {
  for (const breach of breaches) console.error(breach)
  return breaches.length === 0
}

requireNode()
await runMain(async () => {
  await ensureInstalled()
  const failed = []
  for (const [name, step] of STEPS) {
    const startedAt = performance.now()
    const passed = await step()
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    console.log(`${passed ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`)
    if (!passed) failed.push(name)
  }
  if (failed.length > 0) throw new Stop(`The check failed: ${failed.join(', ')}`)
})
