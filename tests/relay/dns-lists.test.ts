// `peerwire relay` with a list in DNS, asked of a server of this test: whom it dials, and what a crash leaves.
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { defaultCrypto, generatePrivateKey } from '@peerwire/core'
import { forkIdEntry, makeTree, type NodeRecord, parseRecord, signRecord } from '@peerwire/discovery'
import { describe, expect } from 'vitest'
import { forkIdAt } from '../../packages/relay/src/networks/chains.ts'
import { hoodi } from '../../packages/relay/src/networks/hoodi.ts'
import { sepolia } from '../../packages/relay/src/networks/sepolia.ts'
import type { KnownChain } from '../../packages/relay/src/networks/known-chain.ts'
import { it } from './support/command.ts'
import { startDnsServer } from './support/dns-server.ts'

const SLOW_MS = 90_000
const DOMAIN = 'nodes.example'
const treeKey = generatePrivateKey()

const treeOf = (records: readonly NodeRecord[], seq = 1): ReturnType<typeof makeTree> =>
  makeTree({ domain: DOMAIN, seq, records }, treeKey, defaultCrypto)

/** A node of this machine at a TCP port, on a chain. */
function recordAt(tcp: number, chain: KnownChain): NodeRecord {
  const values = { ip: Uint8Array.of(127, 0, 0, 1), tcp, udp: tcp, eth: forkIdEntry(forkIdAt(chain, Date.now())) }
  return signRecord({ seq: 1n, values }, generatePrivateKey(), defaultCrypto)
}

/** A TCP port that counts who comes, and hangs up. */
async function startDoor(cleanUp: (step: () => unknown) => void) {
  let knocks = 0
  const server = createServer((socket) => {
    knocks++
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(() => server.close())
  const { port } = server.address() as AddressInfo
  return { port, knocks: () => knocks }
}

describe('a relay with a list in DNS', () => {
  it('dials those of its network, and nobody else', { timeout: SLOW_MS }, async ({ relay, cleanUp }) => {
    const one = await relay(['--network', 'hoodi', '--dns', treeOf([]).url, '--dns-server', '127.0.0.1:1'])
    const found = await one.process.waitFor(({ event }) => event === 'discovery')
    const door = await startDoor(cleanUp)
    const records = [parseRecord(String(found['record']), defaultCrypto), recordAt(door.port, sepolia)]
    const tree = treeOf(records)
    const server = await startDnsServer(tree)
    cleanUp(() => server.close())
    const list = ['--network', 'hoodi', '--dns', tree.url, '--dns-server', server.address]
    const two = await relay([...list, '--dns-local', '--no-address-book'])
    expect(await two.process.waitFor(({ event }) => event === 'peer')).toMatchObject({ address: one.enode })
    await expect.poll(() => new Set(server.asked).size, { timeout: SLOW_MS }).toBe(tree.texts.size)
    expect(door.knocks()).toBe(0)
    expect(two.process.lines.some(({ event }) => event === 'dialfail')).toBe(false)
  })

  it('that is killed knows how far the list had come', { timeout: SLOW_MS }, async ({ relay, cleanUp }) => {
    const door = await startDoor(cleanUp)
    const records = [recordAt(door.port, hoodi)]
    const tree = treeOf(records, 9)
    const server = await startDnsServer(tree)
    cleanUp(() => server.close())
    const list = ['--dns', tree.url, '--dns-server', server.address, '--dns-local', '--no-address-book']
    const first = await relay(list)
    const saved = async (): Promise<unknown> => {
      const lines: unknown = JSON.parse(await readFile(join(first.dataDir, 'dns-trees.json'), 'utf8'))
      return (lines as [string, unknown][])[1]?.[1]
    }
    await expect.poll(() => saved().catch(() => undefined), { timeout: SLOW_MS }).toEqual({ tree: tree.url, seq: 9 })
    await first.process.kill()
    expect(await saved()).toEqual({ tree: tree.url, seq: 9 })

    for (const [name, text] of treeOf(records, 8).texts) server.texts.set(name.toLowerCase(), text)
    const knocks = door.knocks()
    const second = await relay([...list, '--log-level', 'debug'], first.dataDir)
    const said = (): string => second.process.stderr
    await expect.poll(said, { timeout: SLOW_MS }).toContain('the sequence went back from 9 to 8')
    expect(door.knocks()).toBe(knocks)
  })
})
