// The script that builds the Go programs, as a developer calls it.
import { delimiter } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { it } from './support/it.ts'
import { startProcess } from '../support/json-process.ts'

const SCRIPT = fileURLToPath(new URL('../../scripts/go-peers.mjs', import.meta.url))

it('says in one line that there is no Go, and fails', async ({ cleanUp }) => {
  const child = startProcess(process.execPath, [SCRIPT], { env: { PATH: `/does/not/exist${delimiter}` } })
  cleanUp(() => child.kill())
  expect(await child.exited).toBe(1)
  expect(child.stderr).toBe('go-peers: not built: Go is not installed\n')
})

it('prints where the programs are, and does not build what is fresh', async ({ gethpeer, cleanUp }) => {
  await gethpeer('-for', '1ms')
  const child = startProcess(process.execPath, [SCRIPT])
  cleanUp(() => child.kill())
  expect(await child.exited).toBe(0)
  expect(child.stderr).toBe('')
  expect(child.lines.map(({ text }) => String(text).split(' ')[0])).toEqual(['gethpeer', 'ethdrive'])
})
