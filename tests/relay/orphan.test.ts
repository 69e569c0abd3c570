// A relay under a package manager ends in order when that is killed, whatever shell stands between the two.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startProcess } from '../support/json-process.ts'
import { BIN, is, it } from './support/command.ts'

/** As npm starts programs: a shell runs the command line, and stays where it has something left to do. */
const MANAGER = `require('node:child_process').spawn('sh', ['-c', '"$@"; :', 'sh', ...process.argv.slice(1)], {
  stdio: 'inherit',
  env: { ...process.env, npm_lifecycle_event: 'npx' },
})`

it.skipIf(process.platform !== 'linux')(
  'a relay leaves no orphan when npx is killed',
  async ({ temporary, cleanUp }) => {
    const dataDir = await temporary()
    const args = ['relay', '--json', '--data-dir', dataDir, '--listen', 'ws://127.0.0.1:0']
    const manager = startProcess(process.execPath, ['-e', MANAGER, '--', process.execPath, BIN, ...args])
    cleanUp(() => manager.kill())
    const { pid } = await manager.waitFor(is('listening'))
    cleanUp(() => {
      try {
        process.kill(Number(pid), 'SIGKILL')
      } catch {
        // It has ended, as it should.
      }
    })
    // Its streams are the relay's, too: they close when nobody of the three is left.
    await manager.kill()
    await expect(stat(join(dataDir, 'lock'))).rejects.toThrow('ENOENT')
  },
)
