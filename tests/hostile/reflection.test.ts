// A node that tells of made-up others, all at one TCP port: nobody is led to connect there.
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createNode, defaultCrypto, generatePrivateKey, parseAddress } from '@peerwire/core'
import { discovery, type Discovery, formatNodeUrl, parseNodeUrl, udp } from '@peerwire/discovery'
import { tcp } from '@peerwire/transport-tcp'
import { describe, expect } from 'vitest'
import { it } from '../relay/support/command.ts'
import { madeUpNode, startUdpLiar } from '../support/udp-liar.ts'

/** One packet of these, each time it asks. */
const TOLD = 11
const SLOW_MS = 60_000

type CleanUp = (step: () => unknown) => void

/** A TCP port of somebody who has nothing to do with it, and how many have come there. */
async function startVictim(cleanUp: CleanUp): Promise<{ readonly port: number; readonly connections: number }> {
  let connections = 0
  const open = new Set<Socket>()
  const server = createServer((socket) => {
    connections++
    open.add(socket)
    socket.on('error', () => undefined)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
  }
}

async function startNode(cleanUp: CleanUp, bootnodes: readonly string[]) {
  const privateKey = generatePrivateKey()
  const finder: Discovery = discovery({ privateKey, socket: udp(), bootnodes })
  const node = createNode({ privateKey, transports: [tcp({ listen: 'tcp://127.0.0.1:0' })], plugins: [finder] })
  cleanUp(() => node.close())
  await node.start()
  const { endpoint, publicKey } = parseAddress(node.addresses[0]!)
  const places = { host: '127.0.0.1', tcp: endpoint.port, udp: finder.discv4!.local.port }
  return { node, finder, url: formatNodeUrl({ publicKey, ...places }) }
}

/** One who tells of nodes that are not, and of one that is, all at the victim's port. */
async function startReflector(cleanUp: CleanUp, victim: number, honest: string) {
  const { publicKey, udp: port } = parseNodeUrl(honest, defaultCrypto)
  const nodes = () => [
    { host: '127.0.0.1', udp: port, tcp: victim, publicKey },
    ...Array.from({ length: TOLD }, () => madeUpNode(victim)),
  ]
  const liar = await startUdpLiar({ nodes })
  cleanUp(() => liar.close())
  return liar
}

describe('nodes that a stranger made up', { timeout: SLOW_MS }, () => {
  it('are not dialed by a node, which dials the true one at its own port', async ({ cleanUp }) => {
    const victim = await startVictim(cleanUp)
    const honest = await startNode(cleanUp, [])
    const liar = await startReflector(cleanUp, victim.port, honest.url)
    const { node, finder } = await startNode(cleanUp, [liar.url])
    await expect.poll(() => finder.inspect()!.left['no answer']).toBeGreaterThanOrEqual(TOLD)
    await expect.poll(() => node.peers.map(({ id }) => id)).toEqual([honest.node.id])
    expect(victim.connections).toBe(0)
    // Nor does it pass on a port that the true one never named.
    expect(finder.discv4!.nodes.find(({ key }) => key === honest.node.id)?.tcp).not.toBe(victim.port)
  })

  it('are not connected to by a crawl, and are not called live', async ({ cleanUp, run }) => {
    const victim = await startVictim(cleanUp)
    const honest = await startNode(cleanUp, [])
    const liar = await startReflector(cleanUp, victim.port, honest.url)
    const where = ['--bootnode', liar.url, '--listen', 'udp://127.0.0.1:0', '--for', '3', '--json']
    const { code, lines } = await run('crawl', ...where)
    expect(code).toBe(0)
    const met = lines.filter(({ event }) => event === 'node')
    const live = met.filter(({ isLive }) => isLive)
    expect(new Set(live.map(({ url }) => url))).toEqual(new Set([honest.url, liar.url]))
    expect(live.map(({ name }) => name !== undefined)).toEqual(live.map(({ id }) => id === honest.node.id))
    expect(met.length).toBeGreaterThan(TOLD)
    expect(victim.connections).toBe(0)
  })
})
