// What a relay warns of, once each, what it says of its use, and whom it never keeps.
import { chmod, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startProcess } from '../support/json-process.ts'
import { BIN, is, it } from './support/command.ts'

it('a relay warns of what will bite its operator, once each, and says when it is of no use to tabs', async ({
  temporary,
  cleanUp,
}) => {
  const dataDir = await temporary()
  await chmod(dataDir, 0o777)
  const args = ['relay', '--data-dir', dataDir, '--max-peers', '900', '--listen', 'ws://127.0.0.1:0']
  const child = startProcess('sh', ['-c', 'ulimit -n 512; exec "$@"', 'sh', process.execPath, BIN, ...args])
  cleanUp(() => child.kill())
  const page = await child.waitFor(({ text }) => String(text).startsWith('  page '))
  const url = String(page['text']).trim().split(/\s+/)[1]!
  await child.waitFor(({ text }) => /^ {2}use {6}nobody was named to get anything from \(--connect/.test(String(text)))
  for (let i = 0; i < 3; i++) {
    const response = await fetch(`${url}.well-known/peerwire`, { headers: { 'x-forwarded-for': '203.0.113.9' } })
    expect(await response.json()).toMatchObject({ notice: expect.stringMatching(/^nobody was named/) })
  }
  await child.stop()
  for (const [sentence, count] of [
    [
      /--max-peers 900 needs some 1414 open files, and this process may have 512: it takes 298 peers until .*ulimit -n 1414/g,
      1,
    ],
    [`other users of this machine can write ${dataDir}: chmod go-w ${dataDir} keeps it yours`, 1],
    [/a visitor comes with X-Forwarded-For, which is not believed: .* --trust-proxy tells its visitors apart/g, 1],
    [/the clock says/g, 0],
  ] as const) {
    expect([sentence, child.stderr.split(sentence).length - 1]).toEqual([sentence, count])
  }
})

it('a relay keeps its own sample source nowhere, and has no doubt of its use', async ({ relay }) => {
  const { process: child, url, dataDir } = await relay(['--sample'])
  const { address } = await child.waitFor(is('peer', { name: 'peerwire-sample' }))
  expect(await (await fetch(`${url}.well-known/peerwire`)).json()).not.toHaveProperty('notice')
  await child.stop()
  const book = await readFile(join(dataDir, 'peers.json'), 'utf8').catch(() => '')
  expect(book).not.toContain(/:(\d+)$/.exec(String(address))![1])
})
