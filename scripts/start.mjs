// npm start: a relay with a page to open and a sample source; `npm start -- --connect ENODE` takes a real node instead.
import { spawn } from 'node:child_process'
import { ensureBuilt, ensurePage } from './lib/built.mjs'
import { ensureInstalled } from './lib/install.mjs'
import { requireNode } from './lib/node-version.mjs'
import { inRoot } from './lib/paths.mjs'
import { runMain } from './lib/run.mjs'

requireNode()
await runMain(async () => {
  await ensureInstalled()
  await ensureBuilt()
  await ensurePage()
  startRelay(process.argv.slice(2))
})

/** npm passes a SIGTERM on to its shell alone; without this the relay would stay behind. */
function endWithParent(relay) {
  const parent = process.ppid
  const look = setInterval(() => {
    if (process.ppid !== parent) relay.kill('SIGTERM')
  }, 500)
  relay.on('close', () => clearInterval(look))
}

function startRelay(args) {
  const source = args.some((arg) => arg === '--connect' || arg.startsWith('--connect=')) ? [] : ['--sample']
  const command = [inRoot('packages', 'relay', 'bin', 'peerwire.mjs'), 'relay', ...source, ...args]
  const relay = spawn(process.execPath, command, { stdio: 'inherit' })
  // A terminal's Ctrl-C reaches the relay too; it ends in order and this waits for it.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => relay.kill('SIGTERM'))
  process.on('SIGHUP', () => relay.kill('SIGHUP'))
  endWithParent(relay)
  relay.on('close', (code) => (process.exitCode = code ?? 1))
}
