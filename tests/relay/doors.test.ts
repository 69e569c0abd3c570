// The doors of `peerwire relay` as a process, with nobody exempt from what holds for strangers.
import { createNode, generatePrivateKey, type Node } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { describe, expect } from 'vitest'
import { is, it } from './support/command.ts'

async function startNode(cleanUp: (step: () => unknown) => void): Promise<Node> {
  const node = createNode({ privateKey: generatePrivateKey(), transports: [tcp()] })
  cleanUp(() => node.close())
  await node.start()
  return node
}

describe('a relay with --no-local-exemption', () => {
  it('holds this machine to one accepted TCP connection in 30 s', async ({ relay, cleanUp }) => {
    const { enode, process } = await relay(['--no-local-exemption'])
    const [first, second] = [await startNode(cleanUp), await startNode(cleanUp)]
    expect(String(await first.dial(enode))).toContain('outbound')
    await expect(second.dial(enode)).rejects.toMatchObject({ name: 'PeerError' })
    const refused = await process.waitFor(is('setupfail', { code: 'link refused' }))
    expect(String(refused['message'])).toMatch(/^127\.0\.0\.1 had a connection accepted \d+ ms ago$/)
  })
})
