// What a program asks for that can't be: it is told in its own words, where it waits, and no peer pays for it.
import { describe, expect, it } from 'vitest'
import { silentLogger } from '../base/log.ts'
import { list, struct, text, uint } from '../protocols/codecs.ts'
import { defineProtocol, message, request } from '../protocols/define-protocol.ts'
import { testNetwork } from '../testing/test-network.ts'
import { prepare } from '../wire/prepared.ts'

const ask = defineProtocol({
  name: 'ask',
  version: 1,
  messages: {
    ask: request(0, text, 1, text, { maxBytes: 100, maxAnswerBytes: 200 }),
    say: message(2, text, { maxBytes: 100 }),
    note: message(3, struct({ title: text, marks: list(struct({ of: text, points: uint })) })),
  },
})
const other = defineProtocol({ name: 'other', version: 1, messages: { say: message(0, text) } })

describe('a message past its own limit', () => {
  it('is a RangeError of whoever sends or asks, naming protocol, message and bytes; the remote sees nothing', async () => {
    const world = await testNetwork(2, [ask.with({ ask: (_, question) => question })])
    const peer = await world.connect(0, 1)
    const long = 'x'.repeat(1000)
    await expect(peer.send(ask, 'say', long)).rejects.toThrow(
      new RangeError('ask.say has 1003 bytes, its limit is 100'),
    )
    const asked = peer.request(ask, 'ask', long)
    await expect(asked).rejects.toThrow(/^ask\.ask has 101\d bytes, its limit is 100$/)
    await expect(asked).rejects.toBeInstanceOf(RangeError)
    expect(await world.until(peer.request(ask, 'ask', 'short'))).toBe('short')
    expect([peer.error, world.nodes[1]!.peers[0]!.error]).toEqual([undefined, undefined])
    await world.close()
  })

  it('holds to the byte what the remote holds to', async () => {
    const world = await testNetwork(2, [ask.with({ ask: (_, question) => question })])
    const peer = await world.connect(0, 1)
    // A header of 2 bytes, an id of 5 and a body with a header of 2.
    expect(await world.until(peer.request(ask, 'ask', 'x'.repeat(91)))).toHaveLength(91)
    await expect(peer.request(ask, 'ask', 'x'.repeat(92))).rejects.toThrow('ask.ask has 101 bytes')
    await world.close()
  })

  it('that is an answer fails the handler that gave it, and nobody blames the peer that would have got it', async () => {
    const world = await testNetwork(2, [ask.with({ ask: () => 'y'.repeat(1000) })], {
      options: () => ({ logger: silentLogger }),
    })
    const peer = await world.connect(0, 1)
    const [asker] = world.nodes[1]!.peers
    await expect(world.until(peer.request(ask, 'ask', 'short'))).rejects.toMatchObject({ name: 'PeerError' })
    expect(asker!.error).toMatchObject({ code: 'handler failed', origin: 'program' })
    expect(asker!.error!.cause).toBeInstanceOf(RangeError)
    expect(asker!.error!.message).toMatch(/^ask\.ask \(answer\) has 101\d bytes, its limit is 200$/)
    await world.advance(1000)
    expect(peer.error).toMatchObject({ code: 'remote disconnect reason' })
    await world.close()
  })
})

describe('a value that can not be sent', () => {
  it.each<[string, unknown, string]>([
    ['say', null, 'ask.say: text must be a string, not null'],
    ['say', undefined, 'ask.say: text must be a string, not undefined'],
    ['ask', {}, 'ask.ask: text must be a string, not [object Object]'],
    ['note', null, 'ask.note: struct must be an object, not null'],
    ['note', { title: 'x' }, 'ask.note: marks: list must be an array, not undefined'],
    [
      'note',
      {
        title: 'x',
        marks: [
          { of: 'y', points: 1 },
          { of: 'z', points: -1 },
        ],
      },
      'ask.note: marks: item 1: points: uint must be 0 to 2^53 - 1, not -1',
    ],
  ])('%s of %o is refused with the name of its field', async (name, value, message) => {
    const world = await testNetwork(2, [ask.with({})])
    const peer = await world.connect(0, 1)
    const call =
      name === 'ask' ? peer.request(ask, 'ask', value as string) : peer.send(ask, name as 'say', value as string)
    await expect(call).rejects.toThrow(message)
    expect(peer.error).toBeUndefined()
    await world.close()
  })

  it('is told by the promise of `send`, which never throws', async () => {
    const world = await testNetwork(2, [ask.with({})])
    const peer = await world.connect(0, 1)
    for (const call of [
      () => peer.send(other, 'say', 'x'),
      () => peer.send(ask, 'nothing' as 'say', 'x'),
      () => peer.sendPrepared(prepare(other, 'say', 'x')),
    ]) {
      const sent = call()
      await expect(sent).rejects.toBeInstanceOf(TypeError)
    }
    await world.close()
  })

  it('from a stranger is refused with the name of its field, too', async () => {
    const loose = defineProtocol({
      name: 'ask',
      version: 1,
      messages: { ...ask.messages, note: message(3, list(text)) },
    })
    const world = await testNetwork(2, (index) => [index === 0 ? loose.with({}) : ask.with({})])
    const peer = await world.connect(0, 1)
    const [remote] = world.nodes[1]!.peers
    void peer.send(loose, 'note', ['title', 'no list'])
    await world.advance(1000)
    expect(remote!.error).toMatchObject({ code: 'invalid message' })
    expect(remote!.error!.message).toBe('note: marks: a string where a list belongs')
    await world.close()
  })
})
