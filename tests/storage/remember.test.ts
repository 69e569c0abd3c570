// The example that keeps its peers, over real sockets.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNode, generatePrivateKey } from '@peerwire/core'
import type { Node } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import { webSocket } from '@peerwire/transport-ws'
import { expect, it, onTestFinished } from 'vitest'
import { rememberingNode } from '../../examples/hello/remember.ts'

async function listening(): Promise<Node> {
  const node = createNode({
    privateKey: generatePrivateKey(),
    transports: [webSocket({ listen: 'ws://127.0.0.1:0/' })],
    plugins: [addressBook({ local: true })],
  })
  onTestFinished(() => node.close())
  await node.start()
  return node
}

/** Starts a node, waits for its first peer, and gives that peer's id. */
async function firstPeer(node: Node): Promise<string> {
  const added = new Promise<string>((resolve) => {
    node.once('peer:added', ({ id }) => resolve(id))
  })
  await node.start()
  return await added
}

it('a node that was told of another once dials it again after a restart, without being told', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-remember-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const other = await listening()
  const first = rememberingNode(folder, [...other.addresses], true)
  onTestFinished(() => first.close())
  expect(await firstPeer(first)).toBe(other.id)
  await first.close()
  const second = rememberingNode(folder, [], true)
  onTestFinished(() => second.close())
  expect(await firstPeer(second)).toBe(other.id)
})
