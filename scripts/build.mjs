// npm run build: the packages, and the relay's page.
import { ensureBuilt, ensurePage } from './lib/built.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { requireNode } from './lib/node-version.mjs'
import { runMain } from './lib/run.mjs'

requireNode()
await runMain(async () => {
  await ensureInstalled()
  await ensureBuilt()
  await ensurePage()
})
