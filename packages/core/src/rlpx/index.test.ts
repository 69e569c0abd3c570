// The entry alone: a whole session with nothing else of the core.
import { expect, it } from 'vitest'
import {
  createInitiator,
  createResponder,
  decodeDisconnect,
  decodeHello,
  DiscReason,
  encodeDisconnect,
  encodeHello,
  equalBytes,
  generatePrivateKey,
  matchCapabilities,
  portableCrypto as crypto,
  systemRandom as random,
} from './index.ts'
import type { FrameCodec, HandshakeResult, WireMessage } from './index.ts'

const ours = [
  { name: 'chat', version: 1, length: 2 },
  { name: 'chat', version: 2, length: 2 },
]

it('two sides greet each other, agree on a protocol, exchange a message and part', () => {
  const [left, right] = connected()
  const offset = greet(left, right)
  expect(greet(right, left)).toBe(offset)
  const text = new TextEncoder().encode('hello '.repeat(20))
  expect(next(right.codec, left.codec.seal(offset + 1, text))).toMatchObject({ code: 17, payload: text })
  const goodbye = next(left.codec, right.codec.seal(1, encodeDisconnect(DiscReason.quitting)))
  expect(decodeDisconnect(goodbye.payload)).toBe(DiscReason.quitting)
})

function connected(): [HandshakeResult, HandshakeResult] {
  const privateKey = generatePrivateKey()
  const responder = createResponder({ crypto, random, privateKey })
  const remotePublicKey = crypto.publicKeyOf(privateKey)
  const initiator = createInitiator({ crypto, random, privateKey: generatePrivateKey(), remotePublicKey })
  const answer = responder.receive(initiator.start()!)!
  return [initiator.receive(answer.send!)!.done!, answer.done!]
}

// `from` says Hello to `to`; the answer is where the shared protocol begins.
function greet(from: HandshakeResult, to: HandshakeResult): number {
  const greeting = { name: 'test', capabilities: ours, listenPort: 0, publicKey: to.remotePublicKey }
  const hello = decodeHello(next(to.codec, from.codec.seal(0, encodeHello(greeting))).payload)
  expect(equalBytes(hello.publicKey, to.remotePublicKey)).toBe(true)
  to.codec.enableSnappy()
  const [shared] = matchCapabilities(ours, hello.capabilities)
  expect(shared!.capability.version).toBe(2)
  return shared!.offset
}

function next(codec: FrameCodec, bytes: Uint8Array): WireMessage {
  const messages: WireMessage[] = []
  codec.read(bytes, (message) => void messages.push(message))
  expect(messages).toHaveLength(1)
  return messages[0]!
}
