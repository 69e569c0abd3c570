// How a peer ends, told by go-ethereum to us and by us to go-ethereum.
import { describe, expect } from 'vitest'
import { DiscReason, fromHex } from '@peerwire/core'
import { BaseCode } from '@peerwire/core/rlpx'
import { it } from './support/it.ts'
import { createKeyPair, dialSession } from './support/rlpx-session.ts'

/** Every reason that go-ethereum puts on the wire, with its own words for it. */
const REASONS = [
  [0x00, 'disconnect requested'],
  [0x02, 'breach of protocol'],
  [0x03, 'useless peer'],
  [0x04, 'too many peers'],
  [0x05, 'already connected'],
  [0x06, 'incompatible p2p protocol version'],
  [0x07, 'invalid node identity'],
  [0x08, 'client quitting'],
  [0x09, 'unexpected identity'],
  [0x0a, 'connected to self'],
  [0x0b, 'read timeout'],
  [0x10, 'subprotocol error'],
] as const

describe('a peer that geth disconnects', () => {
  for (const [reason, words] of REASONS) {
    it(`with reason ${reason} ends here as remote disconnect reason, ${words}`, async ({ gethpeer, testNode }) => {
      const geth = await gethpeer('-discreason', String(reason), '-discafter', 'msg')
      const ours = await testNode()
      const peer = await ours.node.dial(geth.enode)
      const removal = ours.removal()
      await peer.send(ours.protocol(), '0', Uint8Array.of(0xc0))
      const { error, remoteRequested, durationMs } = await removal
      expect(String(error)).toBe(
        `PeerError(code=remote disconnect reason, reason=${words}, err=<nil>, message=Peer.run got a remote DiscReason)`,
      )
      expect({ code: error.code, reason: error.reason, remoteRequested }).toEqual({
        code: 'remote disconnect reason',
        reason,
        remoteRequested: true,
      })
      expect(durationMs).toBeGreaterThan(0)
      expect(peer.signal.reason).toBe(error)
      expect(ours.node.peers).toEqual([])
    })
  }

  it('because its handler fails ends with subprotocol error', async ({ gethpeer, testNode }) => {
    const geth = await gethpeer('-returnerr', 'broken')
    const ours = await testNode()
    const peer = await ours.node.dial(geth.enode)
    const removal = ours.removal()
    await peer.send(ours.protocol(), '0', Uint8Array.of(0xc0))
    expect(await removal).toMatchObject({
      error: { code: 'remote disconnect reason', reason: DiscReason.subprotocolError },
      remoteRequested: true,
    })
  })

  it('because it quits ends with client quitting', async ({ gethpeer, testNode }) => {
    const geth = await gethpeer()
    const ours = await testNode()
    await ours.node.dial(geth.enode)
    await geth.waitFor('peer')
    const removal = ours.removal()
    await geth.stop()
    expect(await removal).toMatchObject({
      error: { code: 'remote disconnect reason', reason: DiscReason.quitting },
      remoteRequested: true,
    })
  })

  it('by dying ends as a lost link', async ({ gethpeer, testNode }) => {
    const geth = await gethpeer()
    const ours = await testNode()
    await ours.node.dial(geth.enode)
    const removal = ours.removal()
    await geth.kill()
    expect(await removal).toMatchObject({
      error: { code: 'link lost', reason: DiscReason.networkError },
      remoteRequested: false,
    })
  })
})

describe('a peer that says goodbye as others than geth do', () => {
  /** As they are on the wire after Hello: of go-ethereum they are not compressed here, and never of reason 1. */
  const forms: readonly (readonly [payload: string, reason: number | bigint])[] = [
    ['c101', 0x01],
    ['04', 0x04],
    ['c104', 0x04],
    ['010004', 0x04],
    ['0204c104', 0x04],
    ['c0', 0x00],
    ['', 0x00],
    ['c10c', 0x0c],
    ['c281ff', 0xff],
    ['c988ffffffffffffffff', 2n ** 64n - 1n],
    ['c2c1c0', 0xff],
  ]
  for (const [payload, reason] of forms) {
    it(`${payload || 'nothing'} is understood as ${reason}`, async ({ testNode, cleanUp }) => {
      const ours = await testNode()
      const removal = ours.removal()
      const own = createKeyPair()
      const session = await dialSession(Number(ours.address.split(':').at(-1)), ours.node.publicKey, own)
      cleanUp(() => session.close())
      await session.exchangeHello(own, [{ name: 'test', version: 1 }])
      session.sendUncompressed(BaseCode.disconnect, fromHex(payload))
      expect(await removal).toMatchObject({
        error: { code: 'remote disconnect reason', reason },
        remoteRequested: true,
      })
    })
  }
})

describe('a peer that we disconnect', () => {
  for (const [reason, words] of REASONS) {
    it(`with reason ${reason} ends at geth with the words ${words}`, async ({ gethpeer, testNode }) => {
      const ours = await testNode()
      const geth = await gethpeer('-listen', '', '-dial', ours.address)
      const peer = await ours.peer()
      const removal = ours.removal()
      await geth.waitFor('peer')
      peer.disconnect(reason)
      expect(await geth.waitFor('drop')).toMatchObject({ id: ours.node.id, error: words })
      expect(await removal).toMatchObject({
        peer: { id: geth.id },
        error: { code: 'disconnect reason', reason },
        remoteRequested: false,
      })
    })
  }

  it('by closing the node is told that the client quits', async ({ gethpeer, testNode }) => {
    const geth = await gethpeer()
    const ours = await testNode()
    await ours.node.dial(geth.enode)
    await geth.waitFor('peer')
    await ours.node.close()
    expect(await geth.waitFor('drop')).toMatchObject({ error: 'client quitting' })
  })
})
