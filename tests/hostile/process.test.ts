// The relay as a process with little to live on, in a crowd of strangers: nobody is exempt from what holds for them.
import { createNode, generatePrivateKey, type Node, type NodeOptions, parseEndpoint, type Peer } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import { tcp } from '@peerwire/transport-tcp'
import { webSocket } from '@peerwire/transport-ws'
import { describe, expect } from 'vitest'
import { BIN, is, it } from '../relay/support/command.ts'
import { isLong, rounds } from '../support/counts.ts'
import { type JsonProcess, startProcess } from '../support/json-process.ts'
import { startCrowd } from './support/crowd.ts'
import { lacksLimits, lacksSmallDisk, narrow, openFiles, residentBytes } from './support/narrow-machine.ts'

const FILES = 256
const STRANGERS = 1000
/** What a heap grows to by work alone, garbage included; each of those who came would have to cost 20 KiB for it. */
const MEMORY_BYTES = 64 * 1024 * 1024

type CleanUp = (step: () => unknown) => void

interface NarrowRelay {
  readonly process: JsonProcess
  readonly ws: string
  readonly tcp: string
}

async function startRelay(dataDir: string, hasSmallDisk: boolean, args: readonly string[], cleanUp: CleanUp) {
  const listen = ['--listen', 'ws://127.0.0.1:0', '--listen', 'tcp://127.0.0.1:0']
  const flags = ['--json', '--no-local-exemption', '--data-dir', dataDir, ...listen, ...args]
  const limits = { files: FILES, ...(hasSmallDisk ? { smallDisk: dataDir } : {}) }
  const child = startProcess(...narrow([process.execPath, BIN, 'relay', ...flags], limits))
  cleanUp(() => child.kill())
  const addressOf = async (scheme: string): Promise<string> => {
    const line = await child.waitFor(
      ({ event, address }) => event === 'listening' && String(address).startsWith(scheme),
    )
    return String(line['address'])
  }
  return { process: child, ws: await addressOf('ws:'), tcp: await addressOf('enode:') } satisfies NarrowRelay
}

async function startNode(cleanUp: CleanUp, options: Partial<NodeOptions> = {}): Promise<Node> {
  const transports = [webSocket(), tcp({ listen: 'tcp://127.0.0.1:0' })]
  const plugins = [addressBook({ local: true })]
  const node = createNode({ privateKey: generatePrivateKey(), transports, plugins, ...options })
  cleanUp(() => node.close())
  await node.start()
  return node
}

function portOf(address: string): number {
  return parseEndpoint(address.replace(/^enode/, 'tcp').replace(/\/\/.*@/, '//')).port
}

const heardAt = (peer: Peer): number => peer.heardAtMs

/** While a crowd is there, a tab connects and a peer from before has its pings answered; then all is as it was. */
async function besiege({ process: { pid }, ws, tcp: enode }: NarrowRelay, cleanUp: CleanUp) {
  const friend = await startNode(cleanUp, { limits: { pingAfterMs: 100 } })
  const peer = await friend.dial(enode)
  const before = { files: openFiles(pid), bytes: residentBytes(pid) }
  let mostFiles = 0
  const watch = setInterval(() => (mostFiles = Math.max(mostFiles, openFiles(pid))), 50)
  cleanUp(() => clearInterval(watch))
  for (let wave = 0; wave < rounds(1, 3); wave++) {
    const crowd = startCrowd(STRANGERS, { ws: portOf(ws), tcp: portOf(enode) })
    cleanUp(() => crowd.close())
    const tab = await startNode(cleanUp, { persistent: [ws] })
    // It comes again when it was told to, and may have to a few times.
    await expect
      .poll(() => tab.peers.map(({ name }) => name), { timeout: 90_000 })
      .toContainEqual(expect.stringMatching(/^peerwire\/v/))
    for (let ping = 0; ping < 2; ping++) {
      const before = heardAt(peer)
      await expect.poll(() => heardAt(peer)).toBeGreaterThan(before)
    }
    await Promise.all([crowd.close(), tab.close()])
    await expect.poll(() => openFiles(pid)).toBeLessThanOrEqual(before.files)
  }
  clearInterval(watch)
  expect(friend.peers).toContain(peer)
  expect(mostFiles).toBeLessThan(FILES)
  expect(residentBytes(pid) - before.bytes).toBeLessThan(MEMORY_BYTES)
}

const noDisk = lacksSmallDisk()

describe.skipIf(lacksLimits())('a relay with 256 open files and a closed standard error, among 1,000 strangers', () => {
  it.skipIf(noDisk)(
    'serves a tab and a peer on a full disk, forgets them all, and ends in order',
    async ({ temporary, cleanUp }) => {
      const known = await startNode(cleanUp)
      const relay = await startRelay(await temporary(), true, ['--connect', known.addresses[0]!], cleanUp)
      // Its book has something to save, and no room for it.
      await relay.process.waitFor(is('peer', { inbound: false }))
      await besiege(relay, cleanUp)
      await relay.process.stop()
      expect(await relay.process.exited).toBe(0)
    },
  )

  // The same where no small disk can be made, and once more in a long run.
  if (isLong || noDisk !== undefined) {
    it('serves a tab and a peer, forgets them all, and ends in order', async ({ temporary, cleanUp }) => {
      const relay = await startRelay(await temporary(), false, [], cleanUp)
      await besiege(relay, cleanUp)
      await relay.process.stop()
      expect(await relay.process.exited).toBe(0)
    })
  }
})
