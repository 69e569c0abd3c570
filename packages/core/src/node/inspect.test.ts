// Each state of a peer's life, drawn from what `inspect` gives and nothing else.
import { describe, expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { randomBelow } from '../base/random.ts'
import { portableCrypto } from '../crypto/portable.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { text } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { createInitiator } from '../rlpx/handshake.ts'
import { testNetwork } from '../testing/test-network.ts'
import { parseAddress } from '../wire/address.ts'
import type { LinkSink } from '../wire/link.ts'
import type { Node } from './node.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })

/** One line for each connection: its direction and its state. */
function draw(node: Node): string[] {
  const { setUps, peers, failures, dialing } = node.inspect()
  return [
    ...setUps.map(({ direction, phase }) => `${direction} ${phase}`),
    ...peers.map(({ direction, state }) => `${direction} peer ${state}`),
    ...(dialing?.dialing ?? []).map(() => 'dialing'),
    ...failures.map(({ code, phase, count }) => `${phase} ${code} ${count}`),
  ]
}

describe('inspect', () => {
  it('is plain JSON', async () => {
    const world = await testNetwork(2, [chat.with({})])
    await world.connect(0, 1)
    const inspection = world.nodes[0]!.inspect()
    expect(JSON.parse(JSON.stringify(inspection))).toEqual(inspection)
    await world.close()
  })

  it('shows an inbound connection in every state until it is over', async () => {
    const world = await testNetwork(1, [chat.with({})])
    const [node] = world.nodes
    const { endpoint, publicKey } = parseAddress(node!.addresses[0]!)
    const link = await world.until(world.network.transport('stranger').dial(endpoint))
    const { random } = world
    const stranger = { crypto: portableCrypto, random, privateKey: generatePrivateKey(random) }
    const handshake = createInitiator({ ...stranger, remotePublicKey: publicKey })
    const sink: LinkSink = { bytes: () => undefined, drain: () => undefined, end: () => undefined }
    link.open(sink)
    await world.advance(10)
    expect(draw(node!)).toEqual(['inbound encryption'])
    link.write(handshake.start()!)
    await world.advance(10)
    expect(draw(node!)).toEqual(['inbound hello'])
    await world.advance(20_000)
    expect(draw(node!)).toEqual(['setup setup timeout 1'])
    await world.close()
  })

  it('shows a dial, a peer, its goodbye and what ended it', async () => {
    const world = await testNetwork(2, [chat.with({})], { delayMs: 100 })
    const [a, b] = world.nodes
    a!.addPersistent(b!.addresses[0]!)
    await world.advance(50)
    expect(draw(a!)).toContain('dialing')
    await world.advance(2000)
    expect(draw(a!)).toEqual(['outbound peer connected'])
    world.network.blackHole('node0', 'node1', true)
    a!.removePersistent(b!.addresses[0]!)
    a!.peers[0]!.disconnect()
    expect(draw(a!)).toEqual(['outbound peer ending'])
    expect(a!.inspect().connections).toMatchObject([{ state: 'goodbye', id: b!.id }])
    await world.advance(5000)
    expect(draw(a!)).toEqual(['peer disconnect reason 1'])
    world.network.blackHole('node0', 'node1', false)
    await world.close()
  })

  it('shows each connection once in a list of all, with its state, until it is gone', async () => {
    const world = await testNetwork(2, [chat.with({})], { delayMs: 100 })
    const [a, b] = world.nodes
    const seen = { a: new Set<string>(), b: new Set<string>() }
    const look = async (ms: number): Promise<void> => {
      for (let i = 0; i < ms; i += 10) {
        await world.advance(10)
        for (const [name, node] of [
          ['a', a!],
          ['b', b!],
        ] as const) {
          const { connections, peers, setUps } = node.inspect()
          for (const { connection, state } of connections) seen[name].add(`${connection} ${state}`)
          const numbers = connections.map(({ connection }) => connection)
          expect(numbers).toEqual(expect.arrayContaining([...peers, ...setUps].map(({ connection }) => connection)))
          expect(new Set(numbers).size).toBe(numbers.length)
        }
      }
    }
    for (let i = 0; i < 2; i++) {
      void a!.dial(b!.addresses[0]!)
      await look(700)
      a!.peers[0]!.disconnect()
      await look(700)
    }
    // Some states are over within the time of one step.
    const lasting = (lines: Set<string>): string[] => [...lines].filter((line) => !/hello|goodbye/.test(line))
    const both = (...states: string[]): string[] => [1, 2].flatMap((n) => states.map((state) => `${n} ${state}`))
    expect(lasting(seen.a)).toEqual(both('dialing', 'encryption', 'peer'))
    expect(lasting(seen.b)).toEqual(both('encryption', 'peer'))
    expect(a!.inspect().connections).toEqual([])
    await world.close()
  })

  it('names a node the same everywhere: one id, one public key, and one short form in lines and sentences', async () => {
    const world = await testNetwork(3, [chat.with({})], { delayMs: 100 })
    const [a, b, c] = world.nodes
    const publicKeyHex = toHex(b!.publicKey)
    const who = { id: b!.id, publicKeyHex }
    expect(b!.id).toBe(toHex(portableCrypto.keccak256(b!.publicKey)))
    a!.addPersistent(b!.addresses[0]!)
    await world.advance(50)
    const dialed = a!.inspect()
    expect(dialed.connections).toMatchObject([{ ...who, state: 'dialing' }])
    expect(dialed.dialing).toMatchObject({ dialing: [who], persistent: [who] })
    await world.advance(100)
    expect(a!.inspect().setUps).toMatchObject([who])
    await world.advance(1000)
    const { peers, dialing } = a!.inspect()
    expect(peers).toMatchObject([who])
    expect(dialing!.connected).toEqual([
      { connection: peers[0]!.connection, id: b!.id, direction: 'outbound', group: null },
    ])
    const short = `${publicKeyHex.slice(0, 7)}...`
    const { sentence } = a!.addTrusted(b!.publicKey)
    expect([peers[0]!.url, a!.explain(b!.publicKey).sentence, sentence]).toEqual(
      ['memory://', '', ''].map((scheme) => expect.stringContaining(`${scheme}${short}`) as string),
    )
    expect(a!.explain(c!.publicKey).sentence).toContain(`${toHex(c!.publicKey).slice(0, 7)}...`)
    await world.close()
  })

  it('shows the link that waits while two nodes dial each other', async () => {
    const held = new Set<string>()
    for (let seed = 1; seed <= 10; seed++) {
      const world = await testNetwork(2, [chat.with({})], { seed, delayMs: [1, 20] })
      const [a, b] = world.nodes
      const dials = Promise.all([a!.dial(b!.addresses[0]!), b!.dial(a!.addresses[0]!)])
      for (let i = 0; i < 100; i++) {
        await world.advance(1 + randomBelow(world.random, 3))
        for (const node of [a!, b!]) for (const line of draw(node)) if (line.endsWith('held')) held.add(line)
      }
      await world.until(dials)
      await world.close()
    }
    expect(held.size).toBeGreaterThan(0)
  })
})
