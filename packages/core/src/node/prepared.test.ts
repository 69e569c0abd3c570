// One message for many peers: encoded and compressed once, and the same to each as if it were sent to it alone.
import { describe, expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { raw, text } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { testNetwork } from '../testing/test-network.ts'
import { prepare } from '../wire/prepared.ts'
import type { Codec } from '../wire/protocol.ts'

function fixture() {
  const counts = { encoded: 0 }
  const counted: Codec<Uint8Array> = {
    encode: (value) => {
      counts.encoded++
      return raw.encode(value)
    },
    decode: raw.decode,
  }
  const news = defineProtocol({
    name: 'news',
    version: 1,
    messages: { item: message(0, counted, { maxBytes: 2000 }), line: message(1, text) },
  })
  return { news, counts }
}

describe('a prepared message', () => {
  it('reaches each peer as it is, among others in order, encoded and compressed once', async () => {
    const { news, counts } = fixture()
    const seen: string[] = []
    const world = await testNetwork(4, (index) => [
      news.with({
        item: (_, body) => void seen.push(`${index} ${toHex(body.subarray(0, 2))} ${body.length}`),
        line: (_, line) => void seen.push(`${index} ${line}`),
      }),
    ])
    const peers = [await world.connect(0, 1), await world.connect(0, 2), await world.connect(0, 3)]
    const prepared = prepare(news, 'item', new Uint8Array(1024).fill(7))
    expect(prepared.compressed).toBeUndefined()
    for (const peer of peers) {
      void peer.send(news, 'line', 'before')
      void peer.sendPrepared(prepared)
      void peer.send(news, 'line', 'after')
    }
    const { compressed } = prepared
    await peers[0]!.sendPrepared(prepared)
    await world.advance(1000)
    expect(counts.encoded).toBe(1)
    expect(prepared.compressed).toBe(compressed)
    expect(compressed!.length).toBeLessThan(100)
    for (const index of [1, 2, 3]) {
      const own = seen.filter((line) => line.startsWith(`${index} `))
      expect(own.slice(0, 3)).toEqual([`${index} before`, `${index} 0707 1024`, `${index} after`])
      expect(own).toHaveLength(index === 1 ? 4 : 3)
    }
    await world.close()
  })

  it('is refused like any other: too long, not shared, to a peer that has ended', async () => {
    const { news } = fixture()
    const other = defineProtocol({ name: 'other', version: 1, messages: { line: message(0, text) } })
    const world = await testNetwork(2, [news.with({})])
    const peer = await world.connect(0, 1)
    expect(() => prepare(news, 'item', new Uint8Array(2001))).toThrow('news.item has 2001 bytes, its limit is 2000')
    await expect(peer.sendPrepared(prepare(other, 'line', 'hello'))).rejects.toThrow(TypeError)
    const prepared = prepare(news, 'item', new Uint8Array(2000))
    peer.disconnect()
    await expect(peer.sendPrepared(prepared)).rejects.toBe(peer.error)
    await world.close()
  })
})
