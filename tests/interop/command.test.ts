// The `peerwire` command with go-ethereum: ping, dev echo in both directions, and the relay.
import { fileURLToPath } from 'node:url'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { startProcess } from '../support/json-process.ts'
import type { JsonLine, JsonProcess } from '../support/json-process.ts'
import { it as base } from './support/it.ts'

const BIN = fileURLToPath(new URL('../../packages/relay/bin/peerwire.mjs', import.meta.url))
/** geth gathers transactions before it announces them. */
const ANNOUNCE_MS = 60_000

const it = base.extend<{ readonly peerwire: (...args: readonly string[]) => JsonProcess }>({
  peerwire: async ({ cleanUp }, use) => {
    await use((...args) => {
      const child = startProcess(process.execPath, [BIN, ...args, '--json'], { name: `peerwire ${args[0]}` })
      cleanUp(() => child.kill())
      return child
    })
  },
})

function is(event: string, fields: JsonLine = {}): (line: JsonLine) => boolean {
  return (line) => line['event'] === event && Object.entries(fields).every(([name, value]) => line[name] === value)
}

describe('peerwire ping', () => {
  it('prints the Hello of a gethpeer and of a full geth', async ({ gethpeer, realGeth, peerwire }) => {
    const simple = await gethpeer()
    const full = await realGeth()
    for (const [{ enode, publicKey }, name, caps] of [
      [simple, 'gethpeer/v1/go', ['test/1']],
      [full, expect.stringMatching(/^Geth\//), expect.arrayContaining(['eth/69'])],
    ] as const) {
      const child = peerwire('ping', enode)
      expect(await child.exited).toBe(0)
      expect(child.lines[0]).toMatchObject({ event: 'hello', name, caps, publicKey, version: 5 })
      expect(child.lines[1]).toMatchObject({ event: 'drop', message: 'useless peer' })
    }
  })

  it('tells that a full gethpeer refuses', async ({ gethpeer, peerwire }) => {
    const { enode } = await gethpeer('-maxpeers', '0')
    const child = peerwire('ping', enode)
    expect(await child.exited).toBe(1)
    expect(child.stderr).toBe('peerwire ping: the remote refused: too many peers\n')
  })
})

describe('peerwire dev echo', () => {
  it('gets back from a gethpeer what it sends', async ({ gethpeer, peerwire }) => {
    const geth = await gethpeer('-echo')
    const sends = ['--send', '0:c0', '--send', '15:c20102', '--size', '1048576', '--count', '3']
    const child = peerwire('dev', 'echo', '--dial', geth.enode, ...sends)
    expect([await child.exited, child.stderr]).toEqual([0, ''])
    expect(child.lines.filter(is('message'))).toHaveLength(9)
    expect(await geth.waitFor('drop')).toMatchObject({ error: 'client quitting' })
  })

  it('returns to a gethpeer what that sends, whoever dialed', async ({ gethpeer, peerwire }) => {
    const server = peerwire('dev', 'echo', '--listen', 'tcp://127.0.0.1:0', '--cap', 'test/1:16')
    const { enode } = await server.waitFor(is('listening'))
    const dialer = await gethpeer('-dial', String(enode), '-send', '3:c20304;15:c0')
    expect(await dialer.waitFor('message', ({ code }) => code === 3)).toMatchObject({ hex: 'c20304', cap: 'test/1' })
    expect(await dialer.waitFor('message', ({ code }) => code === 15)).toMatchObject({ hex: 'c0' })
    expect(await server.waitFor(is('peer'))).toMatchObject({ id: dialer.id, inbound: true, caps: ['test/1'] })
    expect(await server.waitFor(is('message', { code: 3 }))).toMatchObject({ cap: 'test/1', size: 3, hex: 'c20304' })
    const listener = await gethpeer('-send', '7:c107')
    const caller = peerwire('dev', 'echo', '--dial', listener.enode)
    expect(await listener.waitFor('message')).toMatchObject({ code: 7, hex: 'c107' })
    expect(await caller.waitFor(is('peer'))).toMatchObject({ id: listener.id, inbound: false })
  })

  it('tells the reason with which a gethpeer goes', async ({ gethpeer, peerwire }) => {
    const { enode } = await gethpeer('-discreason', '4', '-discafter', '50ms')
    const child = peerwire('dev', 'echo', '--dial', enode)
    expect(await child.exited).toBe(1)
    expect(child.lines.find(is('drop'))).toMatchObject({
      code: 'remote disconnect reason',
      reason: 4,
      remoteRequested: true,
    })
    expect(child.stderr).toMatch(/^peerwire dev echo: remote disconnect reason: .*\n$/)
  })
})

describe('peerwire relay', () => {
  it('fetches what a full geth announces, and passes it on to another relay', async ({
    realGeth,
    peerwire,
    cleanUp,
  }) => {
    const geth = await realGeth({ pool: 3 })
    const relay = async (...args: string[]): Promise<JsonProcess> => {
      const dataDir = await mkdtemp(join(tmpdir(), 'peerwire-'))
      cleanUp(() => rm(dataDir, { recursive: true, force: true }))
      const listen = ['--listen', 'tcp://127.0.0.1:0', '--listen', 'ws://127.0.0.1:0']
      return peerwire('relay', '--data-dir', dataDir, ...listen, ...args)
    }
    const first = await relay('--connect', geth.enode)
    await first.waitFor(is('peer', { inbound: false }), ANNOUNCE_MS)
    const ws = await first.waitFor((line) => is('listening')(line) && line['enode'] === undefined)
    for (const { hash } of geth.pool) await first.waitFor(is('item', { id: hash.slice(2) }), ANNOUNCE_MS)
    const second = await relay('--connect', String(ws['address']))
    for (const { hash } of geth.pool) await second.waitFor(is('item', { id: hash.slice(2) }), ANNOUNCE_MS)
    const { transactions } = await geth.drive({ pool: 2 })
    for (const { hash } of transactions) await second.waitFor(is('item', { id: hash.slice(2) }), ANNOUNCE_MS)
  })
})
