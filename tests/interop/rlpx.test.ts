// `@peerwire/core/rlpx` alone against go-ethereum: no node, no peer, no transport.
import { describe, expect } from 'vitest'
import { BASE_CODES, BaseCode, decodeDisconnect, encodeDisconnect, fromHex, toHex } from '@peerwire/core/rlpx'
import { it } from './support/it.ts'
import { compressible, incompressible, PAYLOAD_SIZES } from './support/payloads.ts'
import { createKeyPair, dialSession, listenForSession } from './support/rlpx-session.ts'
import type { Session } from './support/rlpx-session.ts'

const TEST_1 = { name: 'test', version: 1 }
const EMPTY_LIST = Uint8Array.of(0xc0)

describe('as the side that dials', () => {
  it('shakes hands with geth and reads its Hello', async ({ gethpeer, cleanUp }) => {
    const geth = await gethpeer()
    const own = createKeyPair()
    const session = await dialSession(geth.port, fromHex(geth.publicKey), own)
    cleanUp(() => session.close())
    expect(await session.exchangeHello(own, [TEST_1])).toEqual({
      version: 5,
      name: 'gethpeer/v1/go',
      capabilities: [TEST_1],
      listenPort: 0,
      publicKey: fromHex(geth.publicKey),
    })
    expect(await geth.waitFor('peer')).toMatchObject({ name: 'peerwire-test', caps: ['test/1'], inbound: true })
  })

  it('is closed by geth when it asks for the key of somebody else', async ({ gethpeer }) => {
    const geth = await gethpeer()
    const somebody = createKeyPair()
    await expect(dialSession(geth.port, somebody.publicKey, createKeyPair())).rejects.toThrow('closed during')
    expect(await geth.waitFor('setupfail')).toMatchObject({ stage: 'Failed RLPx handshake' })
  })

  it('reads the reason with which geth disconnects', async ({ gethpeer, cleanUp }) => {
    const geth = await gethpeer('-discreason', '4', '-discafter', 'msg')
    const own = createKeyPair()
    const session = await dialSession(geth.port, fromHex(geth.publicKey), own)
    cleanUp(() => session.close())
    await session.exchangeHello(own, [TEST_1])
    session.send(BASE_CODES, EMPTY_LIST)
    const goodbye = await session.receive()
    expect(goodbye?.code).toBe(BaseCode.disconnect)
    expect(decodeDisconnect(goodbye!.payload)).toBe(4)
    expect(await session.receive()).toBeUndefined()
  })
})

describe('as the side that accepts', () => {
  it('shakes hands with a geth that dials and proves its key', async ({ gethpeer, cleanUp }) => {
    const own = createKeyPair()
    const listener = await listenForSession(own)
    cleanUp(() => listener.close())
    const geth = await gethpeer('-dial', `enode://${toHex(own.publicKey)}@127.0.0.1:${listener.port}`)
    const session = await listener.accepted
    cleanUp(() => session.close())
    expect(toHex(session.remotePublicKey)).toBe(geth.publicKey)
    expect(await session.exchangeHello(own, [TEST_1])).toMatchObject({ name: 'gethpeer/v1/go' })
    expect(await geth.waitFor('peer')).toMatchObject({ name: 'peerwire-test', inbound: false })
    session.send(BaseCode.disconnect, encodeDisconnect(8))
    expect(await geth.waitFor('drop')).toMatchObject({ error: 'client quitting' })
  })
})

describe('messages', () => {
  const kinds = [
    ['that compress', compressible],
    ['that do not compress', incompressible],
  ] as const
  for (const [kind, payloadOf] of kinds) {
    it(`of 1 byte to 1 MiB ${kind} come back from geth unchanged`, async ({ gethpeer, cleanUp }) => {
      const geth = await gethpeer('-echo')
      const own = createKeyPair()
      const session = await dialSession(geth.port, fromHex(geth.publicKey), own)
      cleanUp(() => session.close())
      await session.exchangeHello(own, [TEST_1])
      for (const size of PAYLOAD_SIZES) {
        const payload = payloadOf(size)
        session.send(BASE_CODES + 15, payload.slice())
        const echo = await receiveFromProtocol(session)
        expect(echo.code).toBe(BASE_CODES + 15)
        expect(Buffer.compare(echo.payload, payload), `${size} bytes`).toBe(0)
        expect(await geth.waitFor('message', (event) => event.size === size)).toMatchObject({ code: 15 })
      }
    })
  }
})

/** The next message that is not of the base protocol; a ping is answered. */
async function receiveFromProtocol(session: Session): Promise<{ readonly code: number; readonly payload: Uint8Array }> {
  for (;;) {
    const message = await session.receive()
    if (!message) throw new Error('closed')
    if (message.code >= BASE_CODES) return message
    if (message.code === BaseCode.ping) session.send(BaseCode.pong, EMPTY_LIST)
  }
}
