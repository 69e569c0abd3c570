// The limit of the wire: what the provider's primitives cost for both ends, with nothing around them and no socket.
import { defaultCrypto as crypto, generateKeyPair, systemRandom as random } from '@peerwire/core/rlpx'
import { describeNode, serve, timed } from '../lib/serve.mjs'

const MANIFEST = new URL('../../packages/core/package.json', import.meta.url)
const TAG_BYTES = 16
const pair = () => generateKeyPair(crypto, random)
const [near, far] = [pair(), pair()]
const hash = random.bytes(32)

await serve({
  describe: () => describeNode('limit', MANIFEST),
  handshakes: async ({ count }) =>
    await timed(async () => {
      for (let i = 0; i < count; i++) curves()
    }),
  async throughput({ payload, snappy, messages }) {
    if (snappy) return { unsupported: 'compression is no limit' }
    const size = Buffer.from(payload, 'base64').length
    const ends = [createEnd(), createEnd()]
    const body = new Uint8Array((size + 16) & ~15)
    const step = new Uint8Array(TAG_BYTES)
    return await timed(async () => {
      for (let i = 0; i < messages; i++) for (const end of ends) frame(end, body, step)
    })
  },
})

/** The elliptic curves of one handshake: EIP-8, both ends, nothing made ahead or kept. */
function curves() {
  const [initiator, responder] = [pair(), pair()]
  const [sealed, answered] = [pair(), pair()]
  const signature = crypto.sign(hash, initiator.privateKey)
  crypto.recover(hash, signature)
  for (const [own, remote] of [
    [near, far],
    [sealed, far],
    [initiator, responder],
    [near, answered],
  ]) {
    crypto.sharedSecret(own.privateKey, remote.publicKey)
    crypto.sharedSecret(remote.privateKey, own.publicKey)
  }
}

function createEnd() {
  const key = random.bytes(32)
  return { stream: crypto.createKeystream(key), hash: crypto.createKeccak256(), block: crypto.createBlockCipher(key) }
}

/** One end's share of a frame: keystream, the body's hash, and two steps of the MAC, each a block and two digests. */
function frame({ stream, hash: mac, block }, body, step) {
  stream.apply(step)
  stream.apply(body)
  mac.update(block(step))
  mac.digest()
  mac.update(body)
  mac.update(block(mac.digest()))
  mac.digest()
}
