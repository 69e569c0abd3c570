// What the first version has stored is read by this one: files that it has written, each with the copy before it.
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createNode, generatePrivateKey, standing } from '@peerwire/core'
import type { Node } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import type { AddressBook } from '@peerwire/core/address-book'
import { openStorage } from '@peerwire/core/storage'
import { createManualClock } from '@peerwire/core/testing'
import { discovery, dnsDiscovery } from '@peerwire/discovery'
import type { DatagramSocket } from '@peerwire/discovery'
import { expect, it, onTestFinished } from 'vitest'

const VECTORS = fileURLToPath(new URL('./vectors/first-version', import.meta.url))
const TREE = 'enrtree://AM5FCQLWIZX2QFPNJAP7VUERCCRNGRHWZG3YYHIUV7BVDQ5FDPRT2@nodes.example'
const NAMES = ['bans.json', 'discovery.json', 'dns-trees.json', 'peers.json']

async function storedFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-forms-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  await cp(VECTORS, folder, { recursive: true })
  return folder
}

interface Life {
  readonly node: Node
  readonly warnings: string[]
  readonly book: AddressBook
  readonly found: Record<'addresses' | 'tried' | 'anchors' | 'bans' | 'nodes', number>
}

/** A node without a network, with everything that keeps something, and what it has found. */
async function live(folder: string): Promise<Life> {
  const warnings: string[] = []
  const privateKey = generatePrivateKey()
  const silence: DatagramSocket = {
    local: { host: '127.0.0.1', port: 1 },
    open: () => undefined,
    send: () => undefined,
    close: () => Promise.resolve(),
  }
  const book = addressBook({ feelers: false })
  const guard = standing()
  const nodes = discovery({ privateKey, socket: () => Promise.resolve(silence) })
  const lists = dnsDiscovery({ trees: [TREE], resolver: { texts: () => Promise.reject(new Error('no network')) } })
  const node = createNode({
    privateKey,
    transports: [{ name: 'none', canDial: () => false, dial: () => Promise.reject(new Error('no network')) }],
    plugins: [book, guard, nodes, lists],
    clock: createManualClock(),
    logger: {
      enabled: () => true,
      log: (level, message, fields) => void (level === 'warn' && warnings.push(`${message} ${JSON.stringify(fields)}`)),
    },
    storage: openStorage(folder),
  })
  onTestFinished(() => node.close())
  await node.start()
  const { addresses, anchors } = book.inspect()!
  const stored = nodes.inspect()?.stored ?? 0
  const { total, tried } = addresses
  return {
    node,
    warnings,
    book,
    found: { addresses: total, tried, anchors: anchors.length, bans: guard.bans.length, nodes: stored },
  }
}

const seqsIn = async (folder: string): Promise<string> => await readFile(join(folder, 'dns-trees.json'), 'utf8')

it('files of the first version are read, and written in the form of now', async () => {
  const folder = await storedFolder()
  const { node, book, found, warnings } = await live(folder)
  expect([found, warnings]).toEqual([{ addresses: 6, tried: 5, anchors: 2, bans: 3, nodes: 3 }, []])
  await book.save()
  await node.close()
  const again = await live(folder)
  expect([again.found, again.warnings]).toEqual([found, []])
})

it.each([
  ['is cut', (bytes: Uint8Array) => bytes.subarray(0, bytes.length / 2)],
  ['is empty', () => new Uint8Array()],
  ['begins otherwise', (bytes: Uint8Array) => bytes.map((byte, at) => (at === 0 ? byte ^ 4 : byte))],
])('of a file of the first version that %s the copy before it is read', async (_, spoil) => {
  const folder = await storedFolder()
  for (const name of NAMES) await writeFile(join(folder, name), spoil(await readFile(join(folder, name))))
  const { node, found, warnings } = await live(folder)
  // The copy before has one ban and one node less.
  expect(found.addresses).toBe(6)
  expect(found.bans).toBeGreaterThanOrEqual(2)
  expect(found.nodes).toBeGreaterThanOrEqual(2)
  const spoiled = new Set(warnings.map((line) => /([\w-]+\.json) can't be used/.exec(line)?.[1]))
  expect(spoiled).toEqual(new Set(NAMES))
  await node.close()
  // What was saved is whole again, and the spoiled one is kept.
  expect(await seqsIn(folder)).toContain(`{"tree":"${TREE}","seq":6}`)
  const files = await readdir(folder)
  expect(files.filter((name) => name.endsWith('.damaged-1')).map((name) => name.replace(/\.damaged-1$/, ''))).toEqual(
    NAMES,
  )
  const again = await live(folder)
  expect([again.found, again.warnings]).toEqual([found, []])
})
