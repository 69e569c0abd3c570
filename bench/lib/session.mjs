// One RLPx session over a TCP socket, with nothing between the codec and the socket but a gathered write.
import { connect } from 'node:net'
import {
  BaseCode,
  createInitiator,
  createResponder,
  decodeHello,
  defaultCrypto,
  encodeHello,
  generateKeyPair,
  drawAhead,
  systemRandom,
} from '@peerwire/core/rlpx'

/** As a node that listens has it. */
const random = drawAhead(systemRandom)
const CAPABILITIES = [{ name: 'bench', version: 1 }]
const MAX_MESSAGE_BYTES = 2 ** 24 - 1

export const createKeyPair = () => generateKeyPair(defaultCrypto, random)

/**
 * Dials and does both handshakes.
 *
 * @param {{ privateKey, publicKey, crypto?, createKeyPair?, statics? }} own - whatever the handshake takes, too
 */
export function dialSession(port, remotePublicKey, own) {
  const handshake = createInitiator({ crypto: defaultCrypto, random, remotePublicKey, ...own })
  return setUp(connect(port, '127.0.0.1'), handshake, own)
}

/** Does both handshakes on an accepted socket; `own` as of `dialSession`. */
export function acceptSession(socket, own) {
  return setUp(socket, createResponder({ crypto: defaultCrypto, random, ...own }), own)
}

/** @returns {Promise<{ socket, codec, write(frame): boolean, onMessage(listener): void }>} after Hello both ways */
function setUp(socket, handshake, own) {
  socket.setNoDelay(true)
  return new Promise((resolve, reject) => {
    let codec
    let listener = (message) => {
      if (message.code !== BaseCode.hello) throw new Error(`no Hello but ${message.code}`)
      decodeHello(message.payload)
      codec.setLimit(() => MAX_MESSAGE_BYTES)
      resolve({ socket, codec, write: gathered(socket), onMessage: (next) => (listener = next) })
    }
    const read = (chunk) =>
      codec.read(chunk, (message) => {
        listener(message)
      })
    const shake = (chunk) => {
      const step = handshake.receive(chunk)
      if (step?.send) socket.write(step.send)
      if (!step?.done) return
      codec = step.done.codec
      const hello = { name: 'bench', capabilities: CAPABILITIES, listenPort: 0, publicKey: own.publicKey }
      socket.write(codec.seal(BaseCode.hello, encodeHello(hello)))
      read(step.done.rest)
    }
    socket.on('data', (chunk) => {
      try {
        if (codec) read(chunk)
        else shake(chunk)
      } catch (error) {
        reject(error)
        socket.destroy(error)
      }
    })
    socket.on('error', reject)
    const first = handshake.start()
    if (first) socket.write(first)
  })
}

/** Writes of one turn leave together, as a node does it. */
function gathered(socket) {
  let corked = false
  return (frame) => {
    if (!corked) {
      corked = true
      socket.cork()
      process.nextTick(() => {
        corked = false
        socket.uncork()
      })
    }
    return socket.write(frame)
  }
}
