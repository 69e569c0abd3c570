// Holds the accelerator to the portable provider inside a page: same bytes for whatever is hashed, sealed and agreed.
import { equalBytes, portableCrypto, seededRandom, systemRandom } from '@peerwire/core'
import { accelerated } from '@peerwire/core/accelerator'
import {
  type Crypto,
  createInitiator,
  createResponder,
  generatePrivateKey,
  type SessionCodec,
} from '@peerwire/core/rlpx'

export interface PageFacts {
  readonly secure: boolean
  readonly webCrypto: boolean
  /** Whether the accelerator's parts are there. */
  readonly wasm: boolean
}

declare global {
  interface Window {
    facts: () => PageFacts
    /** Throws at the first difference. */
    compareFunctions: (seed: number, rounds: number) => void
    /** Streams of any pieces, with turns of the loop between some, so that WebCrypto answers at any time. */
    compareStreams: (seed: number, rounds: number) => Promise<void>
    /** Sessions between both providers, messages both ways. */
    compareSessions: (seed: number, rounds: number) => Promise<void>
  }
}

const fast = accelerated()

window.facts = () => ({
  secure: globalThis.isSecureContext,
  webCrypto: globalThis.crypto.subtle !== undefined,
  wasm: fast.createFrameMac !== undefined,
})

window.compareFunctions = (seed, rounds) => {
  const random = seededRandom(seed)
  const [own, other] = [generatePrivateKey(random), generatePrivateKey(random)]
  const otherPublic = portableCrypto.publicKeyOf(other)
  same('sharedSecret', (crypto) => crypto.sharedSecret(own, otherPublic))
  same('publicKeyOf', (crypto) => crypto.publicKeyOf(own))
  const hash = random.bytes(32)
  const signature = fast.sign(hash, own)
  for (const crypto of [fast, portableCrypto]) {
    must(equalBytes(crypto.recover(hash, signature) ?? hash, portableCrypto.publicKeyOf(own)), 'sign and recover')
  }
  for (let round = 0; round < rounds; round++) {
    const bytes = random.bytes(random.uint32() % 700)
    const key = random.bytes(32)
    same('keccak256', (crypto) => crypto.keccak256(bytes))
    same('sha256', (crypto) => crypto.sha256(bytes))
    same('hmacSha256', (crypto) => crypto.hmacSha256(key, bytes))
    same('createBlockCipher', (crypto) => crypto.createBlockCipher(key)(key))
    same('aes128Ctr', (crypto) => crypto.aes128Ctr(key.subarray(0, 16), key.subarray(16), bytes))
    same('createKeccak256', (crypto) => {
      const running = crypto.createKeccak256()
      running.update(bytes)
      running.digest()
      running.update(key)
      return running.digest()
    })
  }
}

window.compareStreams = async (seed, rounds) => {
  const random = seededRandom(seed)
  const key = random.bytes(32)
  const [left, right] = [fast.createKeystream(key), portableCrypto.createKeystream(key)]
  for (let round = 0; round < rounds; round++) {
    const bytes = random.bytes([7, 100, 3000, 70_000, 300_000][random.uint32() % 5]!)
    const [one, two] = [bytes.slice(), bytes.slice()]
    must(left.apply(one) && right.apply(two), 'a keystream was not ready')
    must(equalBytes(one, two), `keystreams differ in round ${round}`)
    if (random.uint32() % 2 === 0) await turn()
  }
}

window.compareSessions = async (seed, rounds) => {
  const random = seededRandom(seed)
  for (const [one, two] of [
    [fast, portableCrypto],
    [portableCrypto, fast],
  ] as const) {
    const codecs = shakeHands(one, two)
    for (const codec of codecs) {
      codec.enableSnappy()
      codec.setLimit(() => 1_000_000)
    }
    for (let round = 0; round < rounds; round++) {
      const [from, to] = round % 2 === 0 ? codecs : codecs.toReversed()
      const payload = random.bytes([0, 50, 1000, 200_000][random.uint32() % 4]!)
      const got: Uint8Array[] = []
      to!.read(from!.seal(20, payload), (message) => void got.push(message.payload))
      must(got.length === 1 && equalBytes(got[0]!, payload), `messages differ in round ${round}`)
      if (round % 3 === 0) await turn()
    }
  }
}

function shakeHands(one: Crypto, two: Crypto): [SessionCodec, SessionCodec] {
  const random = systemRandom
  const remoteKey = generatePrivateKey()
  const remotePublicKey = one.publicKeyOf(remoteKey)
  const initiator = createInitiator({ crypto: one, random, privateKey: generatePrivateKey(), remotePublicKey })
  const responder = createResponder({ crypto: two, random, privateKey: remoteKey })
  const answer = responder.receive(initiator.start()!)
  const end = initiator.receive(answer!.send!)
  return [end!.done!.codec, answer!.done!.codec]
}

function same(what: string, use: (crypto: Crypto) => Uint8Array): void {
  must(equalBytes(use(fast), use(portableCrypto)), what)
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the providers differ: ${what}`)
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1))
}
