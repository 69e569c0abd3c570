// A node on the server of Vite's own, beside the WebSocket by which pages are told of changes.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNode, generatePrivateKey } from '@peerwire/core'
import { webSocket, type WebSocketOptions } from '@peerwire/transport-ws'
import { createServer } from 'vite'
import { expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { claimPort } from '../support/ports.ts'

async function startVite(): Promise<Server> {
  const root = await mkdtemp(join(tmpdir(), 'peerwire-vite-'))
  await writeFile(join(root, 'index.html'), '<title>of Vite</title>')
  const vite = await createServer({
    root,
    configFile: false,
    logLevel: 'silent',
    server: { host: '127.0.0.1', port: await claimPort(), strictPort: true },
  })
  onTestFinished(async () => {
    await vite.close()
    await rm(root, { recursive: true, force: true })
  })
  await vite.listen()
  return vite.httpServer as Server
}

async function startNode(options: WebSocketOptions) {
  const node = createNode({ privateKey: generatePrivateKey(), transports: [webSocket(options)] })
  onTestFinished(() => node.close())
  await node.start()
  return node
}

/** What Vite's WebSocket says first. */
async function greetingOf(port: number): Promise<unknown> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}/`, 'vite-hmr')
  onTestFinished(() => ws.terminate())
  return await new Promise((resolve, reject) => {
    ws.once('message', (data: Buffer) => resolve(JSON.parse(data.toString())))
    ws.once('error', reject)
  })
}

it.each(['/', '/peers'])('a node has %s of it, and pages are told of changes as before', async (path) => {
  const server = await startVite()
  const { port } = server.address() as AddressInfo
  const node = await startNode({ server, path })
  const dialer = await startNode({})
  expect(String(await dialer.dial(node.addresses[0]!))).toContain('outbound')
  expect(await greetingOf(port)).toEqual({ type: 'connected' })
  await node.close()
  expect(await greetingOf(port)).toEqual({ type: 'connected' })
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toContain('of Vite')
})
