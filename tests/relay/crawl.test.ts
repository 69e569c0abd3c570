// What a crawl makes of nodes that fail: it visits them again, and says of whom the end left it ignorant.
import { createSocket } from 'node:dgram'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { createNode, defaultCrypto, generatePrivateKey, systemClock } from '@peerwire/core'
import { discovery, formatNodeUrl, udp } from '@peerwire/discovery'
import { tcp } from '@peerwire/transport-tcp'
import { describe, expect } from 'vitest'
import { crawl, type CrawledNode } from '../../packages/relay/src/crawl/crawl.ts'
import { startSearcher } from '../../packages/relay/src/discovery/searcher.ts'
import { startUdpLiar } from '../support/udp-liar.ts'
import { it } from './support/command.ts'

type CleanUp = (step: () => unknown) => void

/** A TCP port where `come` says what becomes of each connection, by its number from 1 on. */
async function startDoor(cleanUp: CleanUp, come: (socket: Socket, number: number) => void) {
  const open = new Set<Socket>()
  let connections = 0
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    come(socket, ++connections)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUp(() => {
    for (const socket of open) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    get connections() {
      return connections
    },
  }
}

/** Crawls from one node until `end` aborts. */
async function crawlFrom(url: string, end: AbortController, found: (node: CrawledNode) => void = () => undefined) {
  const discv4 = await startSearcher([url], 'udp://127.0.0.1:0')
  const nodes: CrawledNode[] = []
  const record = (node: CrawledNode): void => {
    nodes.push(node)
    found(node)
  }
  const options = { parallel: 4, asksName: true, clock: systemClock, againMs: { silent: 10, nameless: 10 } }
  try {
    await crawl(discv4, { ...options, signal: end.signal, found: record })
  } finally {
    await discv4.close()
  }
  return nodes
}

describe('a crawl', () => {
  it('visits again a node that ended the first connection', async ({ cleanUp }) => {
    const privateKey = generatePrivateKey()
    const door = await startDoor(cleanUp, (socket, number) => {
      if (number === 1) return socket.destroy()
      const behind = connect(port, '127.0.0.1')
      cleanUp(() => behind.destroy())
      behind.on('error', () => socket.destroy())
      socket.pipe(behind).pipe(socket)
    })
    const finder = discovery({ privateKey, socket: udp(), tcp: door.port })
    const transports = [tcp({ listen: 'tcp://127.0.0.1:0' })]
    const node = createNode({ privateKey, name: 'second thoughts', transports, plugins: [finder] })
    cleanUp(() => node.close())
    await node.start()
    const port = Number(new URL(node.addresses[0]!).port)
    const end = new AbortController()
    const place = { host: '127.0.0.1', tcp: 1, udp: finder.discv4!.local.port }
    const url = formatNodeUrl({ publicKey: node.publicKey, ...place })
    const nodes = await crawlFrom(url, end, () => end.abort())
    expect(nodes).toMatchObject([{ id: node.id, isLive: true, name: 'second thoughts' }])
    expect(nodes[0]).not.toHaveProperty('error')
    expect(door.connections).toBe(2)
  })

  it('says after a second failure why there is no name', async ({ cleanUp }) => {
    const door = await startDoor(cleanUp, (socket) => socket.destroy())
    const liar = await startUdpLiar({ tcp: door.port, nodes: () => [] })
    cleanUp(() => liar.close())
    const end = new AbortController()
    const nodes = await crawlFrom(liar.url, end, () => end.abort())
    expect(nodes).toMatchObject([{ isLive: true, error: expect.stringMatching(/^link lost: /) }])
    expect(nodes[0]).not.toHaveProperty('isCutOff')
    expect(door.connections).toBe(2)
  })

  it('does not call an error that its own end cut off a Hello', async ({ cleanUp }) => {
    const end = new AbortController()
    const door = await startDoor(cleanUp, () => end.abort())
    const liar = await startUdpLiar({ tcp: door.port, nodes: () => [] })
    cleanUp(() => liar.close())
    const nodes = await crawlFrom(liar.url, end)
    expect(nodes).toMatchObject([{ isLive: true, isCutOff: true }])
    expect(nodes[0]).not.toHaveProperty('error')
  })

  it('does not call silent whom its own end left no time to answer', async ({ cleanUp }) => {
    const end = new AbortController()
    const silent = createSocket('udp4')
    cleanUp(() => silent.close())
    await new Promise<void>((done) => silent.bind(0, '127.0.0.1', done))
    silent.once('message', () => end.abort())
    const publicKey = defaultCrypto.publicKeyOf(generatePrivateKey())
    const url = formatNodeUrl({ publicKey, host: '127.0.0.1', tcp: 1, udp: silent.address().port })
    expect(await crawlFrom(url, end)).toMatchObject([{ isLive: false, isCutOff: true }])
  })
})
