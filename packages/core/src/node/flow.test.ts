// How messages flow when handlers lag, ask inside themselves, or come late.
import { describe, expect, it } from 'vitest'
import { createDeferred } from '../base/abort.ts'
import { bytes, raw, text, uint } from '../protocols/codecs.ts'
import { defineProtocol, message, request } from '../protocols/define-protocol.ts'
import { drainMicrotasks } from '../testing/manual-clock.ts'
import { testNetwork } from '../testing/test-network.ts'
import { prepare } from '../wire/prepared.ts'
import '../peers/sealing.ts'
import { later } from '../wire/mailbox.ts'

const flow = defineProtocol({
  name: 'flow',
  version: 1,
  messages: {
    data: message(0, bytes),
    say: message(1, text),
    double: request(2, uint, 3, uint, { fits: (question, answer) => answer === 2 * question || 'not the double' }),
  },
})

describe('a handler that lags', () => {
  it('holds back its own peer in bounded memory, and no other', async () => {
    const gate = createDeferred<void>()
    let slow = 0
    const quick: string[] = []
    const handlers = {
      data: async () => {
        slow++
        await gate.promise
      },
      say: (_: unknown, line: string) => void quick.push(line),
    }
    const world = await testNetwork(3, [flow.with(handlers)])
    const lagging = await world.connect(1, 0)
    const other = await world.connect(2, 0)
    for (let i = 0; i < 200; i++) void lagging.send(flow, 'data', new Uint8Array(10_000).fill(i))
    await world.advance(1000)
    void other.send(flow, 'say', 'still here')
    await world.advance(1000)
    const { queues } = world.nodes[0]!.inspect().peers.find(({ id }) => id === world.nodes[1]!.id)!
    expect(slow).toBe(1)
    expect(quick).toEqual(['still here'])
    expect(queues.inBytes).toBeLessThan(300_000)
    gate.resolve()
    await world.advance(1000)
    expect(slow).toBe(200)
    await world.close()
  })

  it('may ask its own peer and wait for the answer, also when its queue is full', async () => {
    let answers = 0
    const world = await testNetwork(2, [
      flow.with({
        double: (_, value) => 2 * value,
        data: async (peer) => {
          if ((await peer.request(flow, 'double', 21)) === 42) answers++
        },
      }),
    ])
    const peer = await world.connect(1, 0)
    for (let i = 0; i < 100; i++) void peer.send(flow, 'data', new Uint8Array(10_000).fill(i * 31))
    await world.advance(5000)
    expect(answers).toBe(100)
    await world.close()
  })
})

describe('a message of many megabytes', () => {
  it('is worked on in slices: other peers’ messages are served between them', async () => {
    const order: string[] = []
    const large = defineProtocol({
      name: 'large',
      version: 1,
      messages: { data: message(0, raw, { maxBytes: 16_000_000 }), say: message(1, text) },
    })
    const world = await testNetwork(3, [
      large.with({
        data: (_, body) => void order.push(`${body.length} bytes`),
        say: (_, line) => void order.push(line),
      }),
    ])
    const [sender, other] = [await world.connect(1, 0), await world.connect(2, 0)]
    void sender.send(large, 'data', new Uint8Array(15_000_000))
    await drainMicrotasks()
    for (let turn = 0; turn < 5; turn++) {
      void other.send(large, 'say', `line ${turn}`)
      await drainMicrotasks()
    }
    expect(order).toEqual(['line 0', 'line 1', 'line 2', 'line 3', 'line 4'])
    await world.advance(1000)
    expect(order).toEqual(['line 0', 'line 1', 'line 2', 'line 3', 'line 4', '15000000 bytes'])
    await world.close()
  })
})

describe('sending many megabytes', () => {
  const large = defineProtocol({
    name: 'large',
    version: 1,
    messages: { data: message(0, raw, { maxBytes: 16_000_000 }), say: message(1, text) },
  })
  const open = async (seen: string[]) => {
    const world = await testNetwork(3, (index) => [
      large.with({
        data: (_, body) => void seen.push(`${index}: ${body.length} bytes ending in ${body.at(-1)}`),
        say: (_, line) => void seen.push(`${index}: ${line}`),
      }),
    ])
    return { world, to: await world.connect(0, 1), other: await world.connect(0, 2) }
  }
  const body = new Uint8Array(15_000_000).fill(7, 14_000_000)

  it('is done in slices: other peers are sent to between them, and this one gets all in order', async () => {
    const seen: string[] = []
    const { world, to, other } = await open(seen)
    const sent = [to.send(large, 'say', 'before'), to.send(large, 'data', body), to.send(large, 'say', 'after')]
    void to.sendPrepared(prepare(large, 'say', 'prepared'))
    const { queues } = world.nodes[0]!.inspect().peers.find(({ id }) => id === to.id)!
    expect(queues.outBytes).toBeGreaterThan(15_000_000)
    await drainMicrotasks()
    void other.send(large, 'say', 'meanwhile')
    await drainMicrotasks()
    expect(seen.toSorted()).toEqual(['1: before', '2: meanwhile'])
    await world.advance(5000)
    await Promise.all(sent)
    const own = seen.filter((line) => line.startsWith('1'))
    expect(own).toEqual(['1: before', '1: 15000000 bytes ending in 7', '1: after', '1: prepared'])
    expect(world.nodes[0]!.inspect().peers.map((peer) => peer.queues.outBytes)).toEqual([0, 0])
    await world.advance(60_000)
    expect(to.error).toBeUndefined()
    await world.close()
  })

  it('rejects with what ended the peer meanwhile, and past the bound ends it', async () => {
    const { world, to, other } = await open([])
    const sent = to.send(large, 'data', body)
    to.disconnect()
    await expect(sent).rejects.toBe(to.error)
    const two = [other.send(large, 'data', body), other.send(large, 'data', body)]
    const three = other.send(large, 'data', body)
    expect(other.error).toMatchObject({ code: 'send queue full' })
    for (const one of [...two, three]) await expect(one).rejects.toBe(other.error)
    await world.close()
  })
})

describe('messages for later', () => {
  it('are all there for whoever iterates late, in order, and end with the peer', async () => {
    const world = await testNetwork(2, [flow.with({ say: later })])
    const peer = await world.connect(1, 0)
    for (let i = 0; i < 10; i++) void peer.send(flow, 'say', `line ${i}`)
    await world.advance(1000)
    const [remote] = world.nodes[0]!.peers
    const lines: string[] = []
    const reading = (async () => {
      for await (const line of remote!.messages(flow, 'say')) lines.push(line)
    })()
    void peer.send(flow, 'say', 'last')
    await world.advance(1000)
    peer.disconnect()
    await world.until(reading)
    expect(lines).toEqual([...Array.from({ length: 10 }, (_, i) => `line ${i}`), 'last'])
    await world.close()
  })

  it('hold back the peer when nobody reads them', async () => {
    const world = await testNetwork(2, [flow.with({ say: later })])
    const peer = await world.connect(1, 0)
    for (let i = 0; i < 10_000; i++) void peer.send(flow, 'say', 'x')
    await world.advance(1000)
    let count = 0
    for await (const _ of world.nodes[0]!.peers[0]!.messages(flow, 'say')) if (++count === 4000) break
    expect(count).toBe(4000)
    await world.close()
  })

  it('are not lost by a reader that stops early: what waits and what comes is the next one’s', async () => {
    const world = await testNetwork(2, [flow.with({ say: later })])
    const peer = await world.connect(1, 0)
    const send = (from: number, to: number): void => {
      for (let i = from; i < to; i++) void peer.send(flow, 'say', `line ${i}`)
    }
    const messages = () => world.nodes[0]!.peers[0]!.messages(flow, 'say')
    const read = async (count: number): Promise<string[]> => {
      const lines: string[] = []
      for await (const line of messages()) if (lines.push(line) === count) break
      return lines
    }
    send(0, 5)
    await world.advance(1000)
    expect(await read(2)).toEqual(['line 0', 'line 1'])
    send(5, 8)
    await world.advance(1000)
    expect(await read(5)).toEqual(['line 2', 'line 3', 'line 4', 'line 5', 'line 6'])
    // One that waits when it is stopped takes nothing with it.
    expect((await messages().next()).value).toBe('line 7')
    const stopped = messages()
    const waiting = stopped.next()
    await stopped.return!()
    expect(await waiting).toEqual({ value: undefined, done: true })
    send(8, 9)
    await world.advance(1000)
    expect(await stopped.next()).toEqual({ value: undefined, done: true })
    expect(await read(1)).toEqual(['line 8'])
    await world.close()
  })
})

describe('answers by rule', () => {
  it.each([
    ['that does not fit ends the peer', 7, 'unexpected answer'],
    ['that fits is given to whoever asked', 8, undefined],
  ])('an answer %s', async (_, answer, code) => {
    const world = await testNetwork(2, [flow.with({ double: () => answer })])
    const peer = await world.connect(0, 1)
    const asked = world.until(peer.request(flow, 'double', 4))
    if (code) await expect(asked).rejects.toMatchObject({ code })
    else expect(await asked).toBe(answer)
    expect(peer.error?.code).toBe(code)
    await world.close()
  })

  it('a late answer is dropped and the peer lives', async () => {
    const gate = createDeferred<number>()
    const world = await testNetwork(2, [flow.with({ double: () => gate.promise })])
    const peer = await world.connect(0, 1)
    const asked = world.until(peer.request(flow, 'double', 4, { timeoutMs: 100 }))
    await expect(asked).rejects.toMatchObject({ code: 'request timeout' })
    gate.resolve(8)
    await world.advance(1000)
    expect(peer.error).toBeUndefined()
    await world.close()
  })

  it('refuses one request past those that may be in flight', async () => {
    const world = await testNetwork(2, [flow.with({ double: () => new Promise<number>(() => undefined) })])
    const peer = await world.connect(0, 1)
    const asked = Array.from({ length: 64 }, () => peer.request(flow, 'double', 1).catch(() => undefined))
    await expect(peer.request(flow, 'double', 1)).rejects.toThrow(/64 requests/)
    peer.disconnect()
    await world.until(Promise.all(asked))
    await world.close()
  })
})
