// A relay whose standard streams fail goes on, keeps what it learns, and ends in order.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { createNode, generatePrivateKey, type Node } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import { resolveNode } from '@peerwire/transport-ws'
import { tcp } from '@peerwire/transport-tcp'
import { describe, expect } from 'vitest'
import { startProcess } from '../support/json-process.ts'
import { claimPort } from '../support/ports.ts'
import { BIN, is, it } from './support/command.ts'
import { comeAndGo } from './support/visits.ts'

const LISTEN = ['--listen', 'tcp://127.0.0.1:0', '--listen'] as const

/** Somebody whom the relay dials, so that its book has something to keep. */
async function startFriend(): Promise<Node> {
  const node = createNode({
    privateKey: generatePrivateKey(),
    transports: [tcp({ listen: 'tcp://127.0.0.1:0' })],
    plugins: [addressBook({ local: true })],
  })
  await node.start()
  return node
}

describe('a relay', () => {
  it.for([
    ['standard output on a full disk and a closed standard error', '>/dev/full 2>&-', []],
    ['standard error on a full disk', '2>/dev/full', ['standard error fails: the disk is full']],
  ] as const)('with %s goes on and saves its book', async ([, how, told], { temporary, cleanUp }) => {
    const [dataDir, port, friend] = [await temporary(), await claimPort(), await startFriend()]
    cleanUp(() => friend.close())
    const address = friend.addresses[0]!
    const args = ['relay', '--json', '--log-level', 'trace', '--data-dir', dataDir, '--connect', address]
    const command = [...args, ...LISTEN, `ws://127.0.0.1:${port}/`]
    const child = startProcess('sh', ['-c', `exec "$@" ${how}`, 'sh', process.execPath, BIN, ...command])
    cleanUp(() => child.kill())
    await expect.poll(() => friend.peers.length).toBe(1)
    expect((await resolveNode(`http://127.0.0.1:${port}`)).name).toMatch(/^peerwire\//)
    await child.stop()
    expect(await child.exited).toBe(0)
    expect(await readFile(join(dataDir, 'peers.json'), 'utf8')).toContain(
      /@(127[^/]*)/.exec(address)![1]!.split(':')[1],
    )
    await expect(stat(join(dataDir, 'lock'))).rejects.toThrow('ENOENT')
    const said = child.lines.map(({ message }) => String(message)).join('\n')
    expect(said.match(/standard error fails: the disk is full/g) ?? []).toEqual(told)
  })

  it('whose reader leaves goes on, takes SIGHUP for no reason to end, and ends with 0', async ({ relay }) => {
    const { process: child, url } = await relay(['--log-level', 'trace'])
    child.leave('stdout')
    await comeAndGo(url, 3)
    child.hangUp()
    expect((await resolveNode(url)).name).toMatch(/^peerwire\//)
    await child.stop()
    expect(await child.exited).toBe(0)
    expect(child.stderr.match(/standard output fails: nobody reads it any more/g)).toHaveLength(1)
  })
})

describe('another command', () => {
  it('fails where its result can not be written', async ({ cleanUp }) => {
    const child = startProcess('sh', ['-c', 'exec "$@" >/dev/full', 'sh', process.execPath, BIN, '--version'])
    cleanUp(() => child.kill())
    expect(await child.exited).toBe(1)
    expect(child.stderr).toMatch(/^peerwire: standard output fails: the disk is full; .*\npeerwire: 1 lines of .*\n$/)
  })

  it('ends in order when its reader leaves', async ({ start }) => {
    const child = start(['dev', 'echo', '--json'])
    await child.waitFor(is('listening'))
    child.leave('stdout')
    await child.stop()
    expect([await child.exited, child.stderr]).toEqual([0, ''])
  })
})
