// A node and go-ethereum find each other over TCP, or refuse each other, in both directions.
import { describe, expect } from 'vitest'
import { DiscReason, fromHex, generatePrivateKey, toHex } from '@peerwire/core'
import { it } from './support/it.ts'

describe('a connection', () => {
  it('that we dial has a peer at both ends with the names and capabilities of both', async ({ gethpeer, testNode }) => {
    const geth = await gethpeer('-cap', 'test/1:16,other/7:3')
    const ours = await testNode()
    const peer = await ours.node.dial(geth.enode)
    expect(peer).toMatchObject({
      id: geth.id,
      publicKey: fromHex(geth.publicKey),
      direction: 'outbound',
      name: 'gethpeer/v1/go',
      capabilities: [
        { name: 'other', version: 7 },
        { name: 'test', version: 1 },
      ],
      shared: [{ name: 'test', version: 1 }],
      endpoint: { scheme: 'tcp', host: '127.0.0.1', port: geth.port },
      persistent: false,
      trusted: false,
    })
    expect(await geth.waitFor('peer')).toMatchObject({
      id: ours.node.id,
      name: 'peerwire-test',
      caps: ['test/1'],
      inbound: true,
    })
  })

  for (const flag of ['-dial', '-static']) {
    it(`that geth dials (${flag}) has a peer at both ends`, async ({ gethpeer, testNode }) => {
      const ours = await testNode()
      const geth = await gethpeer('-listen', '', flag, ours.address)
      expect(await ours.peer()).toMatchObject({
        id: geth.id,
        direction: 'inbound',
        name: 'gethpeer/v1/go',
        shared: [{ name: 'test', version: 1 }],
        endpoint: undefined,
      })
      expect(await geth.waitFor('peer')).toMatchObject({ id: ours.node.id, name: 'peerwire-test', inbound: false })
    })
  }

  it('is told to geth under the highest version that both speak', async ({ gethpeer, testNode }) => {
    const geth = await gethpeer('-cap', 'test/1:4,test/2:8,test/4:2')
    const ours = await testNode({ capabilities: ['test/1:4', 'test/2:8', 'test/3:9'] })
    expect((await ours.node.dial(geth.enode)).shared).toEqual([{ name: 'test', version: 2 }])
    expect(await geth.waitFor('protocol')).toMatchObject({ cap: 'test/2', length: 8 })
  })
})

describe('a refusal', () => {
  it('comes from a geth that is full: too many peers', async ({ gethpeer, testNode }) => {
    const geth = await gethpeer('-maxpeers', '1', '-nodial', '-dialratio', '0')
    const first = await testNode()
    const second = await testNode()
    await first.node.dial(geth.enode)
    // Only now geth counts it.
    await geth.waitFor('peer')
    await expect(second.node.dial(geth.enode)).rejects.toMatchObject({
      code: 'remote disconnect reason',
      reason: DiscReason.tooManyPeers,
    })
    expect(await geth.waitFor('setupfail')).toMatchObject({ err: 'too many peers' })
  })

  it('comes from us when we are full: too many peers, and a trusted geth is let in', async ({ gethpeer, testNode }) => {
    const ours = await testNode({ maxPeers: 1, maxInbound: 1 })
    const first = await gethpeer('-listen', '', '-dial', ours.address)
    await first.waitFor('peer')
    const refused = ours.next('setup:failed')
    const second = await gethpeer('-listen', '', '-dial', ours.address)
    expect(await second.waitFor('setupfail')).toMatchObject({ err: 'too many peers' })
    expect(await refused).toMatchObject({
      direction: 'inbound',
      publicKey: fromHex(second.publicKey),
      error: { code: 'disconnect reason', reason: DiscReason.tooManyPeers },
    })
    const friend = await gethpeer('-listen', '', '-key', '5a'.repeat(32), '-for', '1ms')
    ours.node.addTrusted(fromHex(friend.publicKey))
    const again = await gethpeer('-listen', '', '-key', '5a'.repeat(32), '-dial', ours.address)
    await again.waitFor('peer')
    expect(ours.node.peers.map(({ id, trusted }) => [id, trusted])).toEqual([
      [first.id, false],
      [again.id, true],
    ])
  })

  it('is mutual when nothing is shared: useless peer', async ({ gethpeer, testNode }) => {
    const geth = await gethpeer('-cap', 'foo/1:4,test/2:4')
    const ours = await testNode()
    await expect(ours.node.dial(geth.enode)).rejects.toMatchObject({ reason: DiscReason.uselessPeer })
    expect(await geth.waitFor('setupfail')).toMatchObject({ err: 'useless peer' })
    expect(ours.node.peers).toEqual([])
  })

  it('comes from geth when the same key is connected already', async ({ gethpeer, testNode }) => {
    const geth = await gethpeer()
    const privateKey = generatePrivateKey()
    const first = await testNode({ privateKey })
    const second = await testNode({ privateKey })
    await first.node.dial(geth.enode)
    // Only now geth counts it.
    await geth.waitFor('peer')
    await expect(second.node.dial(geth.enode)).rejects.toMatchObject({
      code: 'remote disconnect reason',
      reason: DiscReason.alreadyConnected,
    })
    expect(first.node.peers).toHaveLength(1)
  })

  it('comes from us when the same key is connected already', async ({ gethpeer, testNode }) => {
    const ours = await testNode()
    const key = ['-listen', '', '-key', '5b'.repeat(32), '-dial', ours.address]
    await (await gethpeer(...key)).waitFor('peer')
    const second = await gethpeer(...key)
    expect(await second.waitFor('setupfail')).toMatchObject({ err: 'already connected' })
    expect(ours.node.peers).toHaveLength(1)
  })

  it('ends a dial that reaches ourselves, over geth or straight: connected to self', async ({ gethpeer, testNode }) => {
    const privateKey = generatePrivateKey()
    const twin = await gethpeer('-key', toHex(privateKey))
    const ours = await testNode({ privateKey })
    const self = { reason: DiscReason.self }
    await expect(ours.node.dial(twin.enode)).rejects.toMatchObject(self)
    await expect(ours.node.dial(ours.address)).rejects.toMatchObject(self)
    expect(ours.node.peers).toEqual([])
  })

  it('is silent when the key is somebody else’s, and our error says what that can mean', async ({
    gethpeer,
    testNode,
  }) => {
    const geth = await gethpeer()
    const ours = await testNode()
    const other = await testNode()
    const address = `enode://${toHex(other.node.publicKey)}@127.0.0.1:${geth.port}`
    const refusal = ours.node.dial(address)
    await expect(refusal).rejects.toMatchObject({ code: 'link lost' })
    await expect(refusal).rejects.toThrow('wrong key')
    expect(await geth.waitFor('setupfail')).toMatchObject({ stage: 'Failed RLPx handshake' })
  })

  it('is our own when geth dials a key that is not ours', async ({ gethpeer, testNode }) => {
    const ours = await testNode()
    const other = await testNode()
    const refused = ours.next('setup:failed')
    const port = ours.address.split(':').at(-1)
    const geth = await gethpeer('-listen', '', '-dial', `enode://${toHex(other.node.publicKey)}@127.0.0.1:${port}`)
    expect(await refused).toMatchObject({
      direction: 'inbound',
      publicKey: undefined,
      error: { code: 'encryption handshake failed' },
    })
    await geth.waitFor('setupfail')
  })
})
