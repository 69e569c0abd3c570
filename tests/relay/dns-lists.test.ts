// `peerwire relay` with a list in DNS, asked of a server of this test: whom it dials, and what a crash leaves.
import { readFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { createNode, defaultCrypto, generatePrivateKey, type Node } from '@peerwire/core'
import { inventory, kind } from '@peerwire/core/inventory'
import { forkIdEntry, makeTree, type NodeRecord, signRecord } from '@peerwire/discovery'
import { tcp } from '@peerwire/transport-tcp'
import { expect } from 'vitest'
import { forkIdAt } from '../../packages/relay/src/networks/chains.ts'
import { hoodi } from '../../packages/relay/src/networks/hoodi.ts'
import { sepolia } from '../../packages/relay/src/networks/sepolia.ts'
import type { KnownChain } from '../../packages/relay/src/networks/known-chain.ts'
import { is, it } from './support/command.ts'
import { startDnsServer } from './support/dns-server.ts'

const SLOW_MS = 90_000
const WAIT = { timeout: 30_000 }
const DOMAIN = 'nodes.example'
const [treeKey, peerKey] = [generatePrivateKey(), generatePrivateKey()]
const notes = kind({
  name: 'note',
  number: 77,
  maxBytes: 64,
  id: (item) => item,
  read: (item) => item,
  check: () => 'accept',
})

const treeOf = (records: readonly NodeRecord[], seq = 1): ReturnType<typeof makeTree> =>
  makeTree({ domain: DOMAIN, seq, records }, treeKey, defaultCrypto)

/** A node of this machine at a TCP port, on a chain. */
function recordAt(port: number, chain: KnownChain, privateKey = generatePrivateKey()): NodeRecord {
  const eth = forkIdEntry(forkIdAt(chain, Date.now()))
  const values = { ip: Uint8Array.of(127, 0, 0, 1), tcp: port, udp: port, eth }
  return signRecord({ seq: 1n, values }, privateKey, defaultCrypto)
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

/** A node of this machine that a relay has something in common with. */
async function startPeer(cleanUp: (step: () => unknown) => void): Promise<Node> {
  const transports = [tcp({ listen: 'tcp://127.0.0.1:0' })]
  const node = createNode({ privateKey: peerKey, transports, plugins: [inventory({ kinds: [notes] })] })
  cleanUp(() => node.close())
  await node.start()
  return node
}

it(
  'a relay with a list in DNS dials those of its network, and knows after a crash how far the list had come',
  {
    timeout: SLOW_MS,
  },
  async ({ relay, cleanUp }) => {
    const peer = await startPeer(cleanUp)
    const door = await startDoor(cleanUp)
    const port = Number(new URL(peer.addresses[0]!).port)
    const records = [recordAt(port, hoodi, peerKey), recordAt(door.port, sepolia)]
    const tree = treeOf(records, 9)
    const server = await startDnsServer(tree)
    cleanUp(() => server.close())
    const list = ['--network', 'hoodi', '--dns', tree.url, '--dns-server', server.address, '--dns-local']
    const first = await relay([...list, '--no-address-book'])
    expect(await first.process.waitFor(is('peer'))).toMatchObject({ inbound: false, address: peer.addresses[0] })
    await expect.poll(() => new Set(server.asked).size, WAIT).toBe(tree.texts.size)
    const row = JSON.stringify({ tree: tree.url, seq: 9 })
    const saved = async (): Promise<string> => await readFile(join(first.dataDir, 'dns-trees.json'), 'utf8')
    await expect.poll(() => saved().catch(() => ''), WAIT).toContain(row)
    await first.process.kill()
    expect(await saved()).toContain(row)
    expect(door.knocks()).toBe(0)

    for (const [name, text] of treeOf(records, 8).texts) server.texts.set(name.toLowerCase(), text)
    const second = await relay([...list, '--no-address-book', '--log-level', 'debug'], first.dataDir)
    await expect.poll(() => second.process.stderr, WAIT).toContain('the sequence went back from 9 to 8')
    expect(second.process.lines.some(is('peer'))).toBe(false)
  },
)
