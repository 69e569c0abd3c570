// A listener behind the usual reverse proxies: tabs reach it, and it knows them by the address that the proxy saw.
import { once } from 'node:events'
import {
  createNode,
  defineProtocol,
  generatePrivateKey,
  type Link,
  message,
  type Node,
  parseAddress,
  text,
} from '@peerwire/core'
import { webSocket, WEBSOCKET_PROTOCOL } from '@peerwire/transport-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { lacksProgram, lacksToolbox } from './support/have.ts'
import { PROXIES } from './support/proxies.ts'

const CLIENT = '198.51.100.7'
const LARGE = 1_000_000

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })

async function startNode(listen?: string): Promise<{ readonly node: Node; readonly said: Promise<string> }> {
  let hear: (line: string) => void = () => undefined
  const said = new Promise<string>((resolve) => (hear = resolve))
  const transports = [webSocket({ listen, trustProxy: true })]
  const offer = chat.with({ say: (_, line) => hear(line) })
  const node = createNode({ privateKey: generatePrivateKey(), transports, protocols: [offer] })
  onTestFinished(() => node.close())
  await node.start()
  return { node, said }
}

describe.each(PROXIES)('behind $name', ({ program, start }) => {
  describe.skipIf(program === undefined ? lacksToolbox() : lacksProgram(program))('a listener', () => {
    it('has peers, whose large messages arrive both ways', async () => {
      const there = await startNode('ws://127.0.0.1:0')
      const { publicKey, endpoint } = parseAddress(there.node.addresses[0]!)
      const port = await start(endpoint.port)
      const here = await startNode()
      const added = new Promise<string>((resolve) => there.node.on('peer:added', (peer) => resolve(peer.remoteAddress)))
      const peer = await here.node.dial({ publicKey, endpoint: { ...endpoint, port } })
      expect(await added).toBe('127.0.0.1:0')
      await peer.send(chat, 'say', 'x'.repeat(LARGE))
      expect(await there.said).toHaveLength(LARGE)
      await there.node.peers[0]!.send(chat, 'say', 'y'.repeat(LARGE))
      expect(await here.said).toHaveLength(LARGE)
    })

    it('takes the address that the proxy appended, never the one that the client claims', async () => {
      const links: Link[] = []
      const [listener] = await webSocket({ listen: 'ws://127.0.0.1:0', trustProxy: true }).listen!({
        link: (link) => void links.push(link),
      })
      onTestFinished(async () => {
        for (const link of links) link.abort()
        await listener!.close()
      })
      const url = `ws://127.0.0.1:${await start(listener!.endpoint.port)}/`
      const socket = new WebSocket(url, WEBSOCKET_PROTOCOL, { headers: { 'X-Forwarded-For': CLIENT } })
      onTestFinished(() => socket.terminate())
      await once(socket, 'open')
      expect(links.map(({ remoteAddress }) => remoteAddress)).toEqual(['127.0.0.1:0'])
    })
  })
})
