// Connections put in at either checkpoint over memory links: each refusal in go-ethereum's order, and places freed
// whatever hangs.
import { describe, expect, it } from 'vitest'
import { equalBytes } from '../base/bytes.ts'
import { seededRandom } from '../base/random.ts'
import type { Random } from '../base/random.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { portableCrypto } from '../crypto/portable.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import type { PeerError } from '../errors/peer-error.ts'
import { text } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { createInitiator, createResponder } from '../rlpx/handshake.ts'
import type { Handshake } from '../rlpx/handshake.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import type { ManualClock } from '../testing/manual-clock.ts'
import { createMemoryNetwork } from '../testing/memory-transport.ts'
import type { MemoryNetwork } from '../testing/memory-transport.ts'
import { parseAddress } from '../wire/address.ts'
import type { Endpoint } from '../wire/address.ts'
import { BaseCode } from '../wire/base-messages.ts'
import { decodeDisconnect } from '../wire/disconnect.ts'
import type { FrameCodec, WireMessage } from '../wire/frame-codec.ts'
import { encodeHello } from '../wire/hello.ts'
import type { Link, LinkSink, Transport } from '../wire/link.ts'
import type { Capability } from '../wire/peer.ts'
import type { SetUpFailure } from './events.ts'
import { createNode } from './node.ts'
import type { Node } from './node.ts'
import type { NodeOptions } from './options.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })
const SHARED: readonly Capability[] = [{ name: 'chat', version: 1 }]
const STRANGE: readonly Capability[] = [{ name: 'other', version: 1 }]

interface Keys {
  readonly privateKey: Uint8Array
  readonly publicKey: Uint8Array
}

/**
 * The far end of one link: goes through the encryption handshake where it has one, and says no more than it is
 * told.
 */
class Stranger implements LinkSink {
  readonly keys: Keys
  readonly #link: Link
  readonly #handshake: Handshake | undefined
  #codec: FrameCodec | undefined
  /** Codes of the messages that came, in order. */
  readonly heard: number[] = []
  /** The reason of the goodbye that came. */
  told: DiscReason | undefined
  over = false

  constructor(link: Link, keys: Keys, handshake: Handshake | undefined) {
    this.#link = link
    this.keys = keys
    this.#handshake = handshake
    link.open(this)
    const first = handshake?.start()
    if (first) link.write(first)
  }

  greet(capabilities: readonly Capability[] = SHARED): void {
    const { publicKey } = this.keys
    const hello = encodeHello({ name: 'stranger', capabilities, listenPort: 0, publicKey })
    this.#link.write(this.#codec!.sealCompressed(BaseCode.hello, hello))
  }

  hangUp(): void {
    this.#link.abort()
  }

  bytes(chunk: Uint8Array): void {
    if (this.#codec) return void this.#codec.read(chunk, (message) => this.#message(message))
    const step = this.#handshake?.receive(chunk)
    if (step?.send) this.#link.write(step.send)
    if (!step?.done) return
    this.#codec = step.done.codec
    this.bytes(step.done.rest)
  }

  #message({ code, payload }: WireMessage): void {
    this.heard.push(code)
    if (code === BaseCode.hello) this.#codec!.enableSnappy()
    if (code === BaseCode.disconnect) this.told = decodeDisconnect(payload)
  }

  drain(): void {}

  end(): void {
    this.over = true
  }
}

class World {
  readonly clock: ManualClock = createManualClock()
  readonly random: Random = seededRandom(5)
  readonly network: MemoryNetwork = createMemoryNetwork({ clock: this.clock, random: this.random })
  readonly own: Keys = this.newKeys()
  readonly failures: SetUpFailure[] = []
  readonly #transport: Transport = this.network.transport('stranger', { listen: true })
  readonly #waiting: Link[] = []
  node!: Node
  #endpoint!: Endpoint

  async start(options: Partial<NodeOptions>): Promise<this> {
    const { clock, random } = this
    const transports = [this.network.transport('node', { listen: true })]
    const { privateKey } = this.own
    this.node = createNode({ privateKey, transports, protocols: [chat.with({})], clock, random, ...options })
    this.node.on('setup:failed', (failure) => this.failures.push(failure))
    const [listener] = await this.#transport.listen!({ link: (link) => this.#waiting.push(link) })
    this.#endpoint = listener!.endpoint
    await this.node.start()
    return this
  }

  newKeys(): Keys {
    const privateKey = generatePrivateKey(this.random)
    return { privateKey, publicKey: portableCrypto.publicKeyOf(privateKey) }
  }

  pass(ms = 0): Promise<void> {
    return this.clock.advanceAsync(ms)
  }

  /** Dials the node; at checkpoint 1 when the encryption handshake is done, which `silent` never begins. */
  async inbound(keys: Keys = this.newKeys(), silent = false): Promise<Stranger> {
    const link = await this.#transport.dial(parseAddress(this.node.addresses[0]!).endpoint)
    const { privateKey } = keys
    const remotePublicKey = this.node.publicKey
    const options = { crypto: portableCrypto, random: this.random, privateKey, remotePublicKey }
    const stranger = new Stranger(link, keys, silent ? undefined : createInitiator(options))
    await this.pass()
    return stranger
  }

  /** At checkpoint 2. */
  async greeted(capabilities: readonly Capability[] = SHARED, keys?: Keys): Promise<Stranger> {
    const stranger = await this.inbound(keys)
    stranger.greet(capabilities)
    await this.pass()
    return stranger
  }

  /** Dialed by the node; otherwise as `inbound`. `ended` is how the dial fails. */
  async outbound(
    keys: Keys = this.newKeys(),
    silent = false,
  ): Promise<{ stranger: Stranger; ended: Promise<unknown> }> {
    const dial = this.node.dial({ publicKey: keys.publicKey, endpoint: this.#endpoint })
    const ended = dial.then(
      () => undefined,
      (error: unknown) => error,
    )
    await this.pass()
    const { privateKey } = keys
    const handshake = createResponder({ crypto: portableCrypto, random: this.random, privateKey })
    const stranger = new Stranger(this.#waiting.shift()!, keys, silent ? undefined : handshake)
    await this.pass()
    return { stranger, ended }
  }

  /** What the node says of the end of this stranger's set-up. */
  failureOf({ keys }: Stranger): PeerError | undefined {
    return this.failures.findLast(({ publicKey }) => publicKey && equalBytes(publicKey, keys.publicKey))?.error
  }

  async close(): Promise<void> {
    const closing = this.node.close()
    await this.pass(2000)
    await closing
    expect(this.clock.pendingTimers).toBe(0)
  }
}

const startWorld = (options: Partial<NodeOptions> = {}): Promise<World> => new World().start(options)

const { tooManyPeers, alreadyConnected, self, uselessPeer, readTimeout } = DiscReason

function expectRefused(world: World, stranger: Stranger, reason: number, message: string): void {
  const error = world.failureOf(stranger)
  expect({ code: error?.code, reason: error?.reason, message: error?.message, told: stranger.told }).toEqual({
    code: 'disconnect reason',
    reason,
    message,
    told: reason,
  })
}

describe('at checkpoint 1, when only the key is known,', () => {
  it('a node that is full says too many peers, before anything else it could say, and says no Hello', async () => {
    const world = await startWorld({ maxPeers: 1 })
    const { keys } = await world.greeted()
    for (const who of [world.newKeys(), keys, world.own]) {
      const stranger = await world.inbound(who)
      expectRefused(world, stranger, tooManyPeers, '1 of 1 peers are connected')
      expect(stranger.heard).toEqual([BaseCode.disconnect])
      expect(stranger.over).toBe(true)
    }
    expect(world.node.peers).toHaveLength(1)
    await world.close()
  })

  it('a node whose inbound places are taken says so to those who dial it, and dials on', async () => {
    const world = await startWorld({ maxPeers: 3, maxInbound: 1 })
    const { keys } = await world.greeted()
    for (const who of [world.newKeys(), keys, world.own]) {
      expectRefused(world, await world.inbound(who), tooManyPeers, '1 of 1 inbound peers are connected')
    }
    const { stranger, ended } = await world.outbound()
    stranger.greet()
    await world.pass()
    expect(await ended).toBeUndefined()
    expect(world.node.peers.map(({ direction }) => direction)).toEqual(['inbound', 'outbound'])
    await world.close()
  })

  it('a key that is connected is refused, in either direction, also when it is trusted and the node full', async () => {
    const world = await startWorld({ maxPeers: 1 })
    const { keys } = await world.greeted()
    world.node.addTrusted(keys.publicKey)
    expectRefused(world, await world.inbound(keys), alreadyConnected, 'this key is connected already')
    expect(world.node.peers).toHaveLength(1)
    await world.close()
  })

  it('our own key is refused', async () => {
    const world = await startWorld()
    expectRefused(world, await world.inbound(world.own), self, 'the remote has our own key')
    await world.close()
  })

  it('a trusted key passes above both limits', async () => {
    const world = await startWorld({ maxPeers: 1, maxInbound: 1 })
    await world.greeted()
    const friend = world.newKeys()
    world.node.addTrusted(friend.publicKey)
    expect((await world.greeted(SHARED, friend)).told).toBeUndefined()
    expect(world.node.peers.map(({ trusted }) => trusted)).toEqual([false, true])
    expect(world.node.removeTrusted(friend.publicKey)).toBe(true)
    expect(world.node.peers).toHaveLength(2)
    await world.close()
  })
})

describe('at checkpoint 2, when Hello is known,', () => {
  it('sharing nothing comes first, then everything of checkpoint 1 again', async () => {
    const world = await startWorld({ maxPeers: 2, maxInbound: 2 })
    const twin = world.newKeys()
    const [first, useless, late, again] = [
      await world.inbound(twin),
      await world.inbound(),
      await world.inbound(),
      await world.inbound(twin),
    ]
    first.greet()
    await world.pass()
    again.greet()
    await world.pass()
    expectRefused(world, again, alreadyConnected, 'this key is connected already')
    await world.greeted()
    useless.greet(STRANGE)
    late.greet()
    await world.pass()
    expectRefused(world, useless, uselessPeer, 'no protocol is shared')
    expectRefused(world, late, tooManyPeers, '2 of 2 peers are connected')
    expect(late.heard).toEqual([BaseCode.hello, BaseCode.disconnect])
    expect(world.node.peers).toHaveLength(2)
    await world.close()
  })

  it('trust that was lost meanwhile counts, and so does trust that was won', async () => {
    const world = await startWorld({ maxPeers: 1 })
    const [lost, won] = [world.newKeys(), world.newKeys()]
    world.node.addTrusted(lost.publicKey)
    const [losing, winning] = [await world.inbound(lost), await world.inbound(won)]
    await world.greeted()
    world.node.removeTrusted(lost.publicKey)
    world.node.addTrusted(won.publicKey)
    losing.greet()
    winning.greet()
    await world.pass()
    expectRefused(world, losing, tooManyPeers, '1 of 1 peers are connected')
    expect(winning.told).toBeUndefined()
    await world.close()
  })

  it('a node without protocols of its own finds nobody useless', async () => {
    const world = await startWorld({ protocols: [] })
    expect((await world.greeted(STRANGE)).told).toBeUndefined()
    expect(world.node.peers).toHaveLength(1)
    await world.close()
  })

  it('a dialed node is refused as others are, and the dial says why', async () => {
    const world = await startWorld()
    const { stranger, ended } = await world.outbound()
    stranger.greet(STRANGE)
    await world.pass()
    expect(await ended).toMatchObject({ code: 'disconnect reason', reason: uselessPeer })
    expectRefused(world, stranger, uselessPeer, 'no protocol is shared')
    await world.close()
  })
})

/** Where a stranger stops, and when its place is free again. */
const STOPS = [
  ['before the encryption handshake', true, 5000],
  ['before Hello', false, 15_000],
] as const

describe('a place is free again when a stranger stops', () => {
  it.each(STOPS)('%s, and others wait no longer (inbound)', async (_, silent, limitMs) => {
    const world = await startWorld({ limits: { pendingInbound: 1 } })
    const stranger = await world.inbound(undefined, silent)
    await world.inbound()
    expect(world.failures.at(-1)?.error).toMatchObject({
      code: 'link refused',
      message: '1 handshakes are in progress',
    })
    await world.pass(limitMs - 1)
    expect(stranger.over).toBe(false)
    await world.pass(1)
    expect(world.failures.at(-1)?.error).toMatchObject({ code: 'setup timeout', reason: readTimeout })
    expect(stranger.told).toBe(silent ? undefined : readTimeout)
    expect(world.node.inspect().setUps).toEqual([])
    await world.greeted()
    expect(world.node.peers).toHaveLength(1)
    await world.close()
  })

  it.each(STOPS)('%s, and can be dialed again (outbound)', async (_, silent, limitMs) => {
    const world = await startWorld()
    const keys = world.newKeys()
    const { stranger, ended } = await world.outbound(keys, silent)
    await world.pass(limitMs)
    expect(await ended).toMatchObject({ code: 'setup timeout', reason: readTimeout })
    expect(stranger.told).toBe(silent ? undefined : readTimeout)
    const again = await world.outbound(keys)
    again.stranger.greet()
    await world.pass()
    expect(await again.ended).toBeUndefined()
    await world.close()
  })

  it('with a dial under way that never opens a link', async () => {
    const world = await startWorld()
    world.network.blackHole('node', 'stranger', true)
    const { publicKey } = world.newKeys()
    const dial = world.node.dial({ publicKey, endpoint: { scheme: 'memory', host: 'stranger', port: 1 } })
    const ended = dial.catch((error: unknown) => error)
    await world.pass(15_000)
    expect(await ended).toMatchObject({ code: 'dial failed', reason: readTimeout })
    await world.close()
  })

  it('in both of two connections that wait for each other', async () => {
    const world = await startWorld()
    // Each order of the two keys holds another one of the two.
    for (let i = 0; i < 4; i++) {
      const keys = world.newKeys()
      const from = await world.inbound(keys)
      const { stranger: to, ended } = await world.outbound(keys)
      await world.pass(15_000)
      expect((await ended) as PeerError).toMatchObject({ reason: readTimeout })
      expect([from.over, to.over]).toEqual([true, true])
      expect(world.node.inspect().setUps).toEqual([])
    }
    await world.close()
  })

  it('by hanging up at either checkpoint', async () => {
    const world = await startWorld({ limits: { pendingInbound: 1 } })
    for (const silent of [true, false]) {
      const stranger = await world.inbound(undefined, silent)
      stranger.hangUp()
      await world.pass()
      expect(world.failures.at(-1)?.error.code).toBe('link lost')
    }
    await world.greeted()
    expect(world.node.peers).toHaveLength(1)
    await world.close()
  })
})
