// Messages between a node and go-ethereum: sizes, codes, several protocols on one connection, and many at once.
import { describe, expect } from 'vitest'
import { it } from './support/it.ts'
import { compressible, incompressible, PAYLOAD_SIZES } from './support/payloads.ts'

const FLOOD = 100_000
const FLOOD_BYTES = 20
/** A flood takes about five seconds alone; other tests run beside it. */
const FLOOD_MS = 50_000

describe('payloads of 1 byte to 1 MiB', () => {
  const kinds = [
    ['that compress', compressible],
    ['that do not compress', incompressible],
  ] as const
  for (const [kind, payloadOf] of kinds) {
    it(`${kind} come back from geth unchanged`, async ({ gethpeer, testNode }) => {
      const geth = await gethpeer('-echo')
      const ours = await testNode()
      const peer = await ours.node.dial(geth.enode)
      for (const size of PAYLOAD_SIZES) void peer.send(ours.protocol(), '7', payloadOf(size))
      const echoed = await ours.received(PAYLOAD_SIZES.length)
      for (const [i, size] of PAYLOAD_SIZES.entries()) {
        expect(Buffer.compare(echoed[i]!.payload, payloadOf(size)), `${size} bytes`).toBe(0)
        expect(await geth.waitFor('message', (event) => event.size === size)).toMatchObject({ code: 7 })
      }
    })
  }

  it('go to a geth that dialed us and back', async ({ gethpeer, testNode }) => {
    const ours = await testNode({ echo: true })
    const hex = Buffer.from(incompressible(16_384)).toString('hex')
    const geth = await gethpeer('-listen', '', '-dial', ours.address, '-send', `3:c0;15:${hex};0:`)
    await ours.received(3)
    expect(ours.messages.map(({ code, payload }) => [code, payload.length])).toEqual([
      [3, 1],
      [15, 16_384],
      [0, 0],
    ])
    const echoes = [
      await geth.waitFor('message', ({ code }) => code === 15),
      await geth.waitFor('message', ({ code }) => code === 0),
    ]
    expect(echoes).toMatchObject([{ size: 16_384, hex: hex.slice(0, 128) }, { size: 0 }])
  })
})

describe('message codes', () => {
  it('of several protocols on one connection arrive under the protocol that they belong to', async ({
    gethpeer,
    testNode,
  }) => {
    const capabilities = ['aaa/1:3', 'test/1:16', 'test/2:20', 'zzz/9:5']
    // Geth has one more in the middle, and a higher version of ours that we don't speak: neither may shift a code.
    const geth = await gethpeer('-echo', '-cap', 'aaa/1:3,mid/1:7,test/1:16,test/2:20,test/3:40,zzz/9:5')
    const ours = await testNode({ capabilities })
    const peer = await ours.node.dial(geth.enode)
    const sent = ['aaa/1:3', 'test/2:20', 'zzz/9:5'].flatMap((text) => {
      const [capability, length] = text.split(':')
      return Array.from({ length: Number(length) }, (_, code) => ({ capability: capability!, code }))
    })
    for (const { capability, code } of sent) {
      void peer.send(ours.protocol(capability), String(code), Uint8Array.of(code, sent.length))
    }
    await ours.received(sent.length)
    const byProtocol = (list: readonly { capability: string; code: number }[]): string[] =>
      list.map(({ capability, code }) => `${capability} ${code}`).toSorted()
    expect(byProtocol(ours.messages)).toEqual(byProtocol(sent))
    for (const { code, payload } of ours.messages) expect(payload).toEqual(Uint8Array.of(code, sent.length))
    for (const { capability, code } of sent) {
      await geth.waitFor('message', (event) => event.cap === capability && event.code === code)
    }
  })

  it('past one byte of RLP are understood both ways', async ({ gethpeer, testNode }) => {
    const geth = await gethpeer('-echo', '-cap', 'wide/1:300')
    const ours = await testNode({ capabilities: ['wide/1:300'] })
    const peer = await ours.node.dial(geth.enode)
    // With the offset of 16: 127, 128, 255, 256 and the last.
    const codes = [111, 112, 239, 240, 299]
    for (const code of codes) void peer.send(ours.protocol('wide/1'), String(code), Uint8Array.of(0xc0))
    expect((await ours.received(codes.length)).map(({ code }) => code)).toEqual(codes)
  })
})

describe('a hundred thousand small messages', () => {
  it('from geth all arrive, in order, and the peer lives', async ({ gethpeer, testNode }) => {
    const ours = await testNode()
    const geth = await gethpeer('-flood', `${FLOOD_BYTES},${FLOOD},5`, '-quietmsg')
    const peer = await ours.node.dial(geth.enode)
    const messages = await ours.received(FLOOD, FLOOD_MS)
    expect(messages).toHaveLength(FLOOD)
    expect(new Set(messages.map(({ code, payload }) => `${code} ${payload.length}`))).toEqual(
      new Set([`5 ${FLOOD_BYTES}`]),
    )
    expect(await geth.waitFor('flooddone')).toMatchObject({ sent: FLOOD, error: '<nil>' })
    expect(peer.error).toBeUndefined()
  })

  it('to geth all arrive when each send is awaited', async ({ gethpeer, testNode }) => {
    const ours = await testNode()
    const geth = await gethpeer('-quietmsg')
    const peer = await ours.node.dial(geth.enode)
    const payload = incompressible(FLOOD_BYTES)
    for (let i = 0; i < FLOOD; i++) await peer.send(ours.protocol(), '5', payload)
    expect(await geth.waitFor('counts', (event) => event['rx_msgs'] === FLOOD, FLOOD_MS)).toMatchObject({
      rx_bytes: FLOOD * FLOOD_BYTES,
    })
    expect(peer.error).toBeUndefined()
  })
})
