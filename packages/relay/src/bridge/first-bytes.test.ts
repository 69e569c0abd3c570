// What a tab with a ticket may say first: an RLPx handshake, whole and in time.
import { createManualClock } from '@peerwire/core/testing'
import { describe, expect, it } from 'vitest'
import type { Side, SideSink } from '../splice/side.ts'
import { FirstBytes, isAuth } from './first-bytes.ts'

/** The first packet of a handshake that claims so many bytes, with as many behind its size. */
function auth(size: number, there = size): Uint8Array {
  const bytes = new Uint8Array(2 + there)
  bytes.set([size >> 8, size & 0xff, 0x04].slice(0, bytes.length))
  return bytes
}

/** A side whose bytes the test says. */
function talk() {
  const calls: string[] = []
  let sink: SideSink | undefined
  const side: Side = {
    gone: new Promise(() => undefined),
    open: (given) => (sink = given),
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume'),
    write: () => true,
    finish: () => undefined,
    destroy: () => undefined,
  }
  const clock = createManualClock()
  const first = new FirstBytes(side, clock, 5_000)
  let told: unknown = 'nothing yet'
  void first.ready.then((goodbye) => (told = goodbye))
  const say = async (bytes: Uint8Array): Promise<unknown> => {
    sink!.bytes(bytes, bytes.length)
    return await told_()
  }
  const told_ = async (): Promise<unknown> => {
    await clock.advanceAsync(0)
    return told
  }
  return { calls, clock, first, say, told: told_, sink: () => sink! }
}

describe('isAuth', () => {
  it.each([281, 282, 2_048, 2_049])('looks at a size of %d', (size) => {
    const fits = size >= 282 && size <= 2_048
    expect(isAuth(auth(size))).toBe(fits)
    expect(isAuth(auth(size, 1))).toBe(fits ? undefined : false)
    expect(isAuth(auth(size, size - 1))).toBe(fits ? undefined : false)
  })

  it.each([
    'GET / HTTP/1.1\r\n',
    'EHLO relay',
    'SSH-2.0-x',
    '*1\r\n$4\r\nPING',
    'a001 LOGIN',
    'USER x',
    '\u0016\u0003\u0001',
  ])('tells %j at its first byte', (text) => {
    expect(isAuth(Buffer.from(text.slice(0, 1), 'latin1'))).toBe(false)
    expect(isAuth(Buffer.from(text, 'latin1'))).toBe(false)
  })

  it('tells a third byte that begins no point', () => {
    for (const point of [0x00, 0x02, 0x03, 0x05, 0xff]) expect(isAuth(Uint8Array.of(1, 0x80, point))).toBe(false)
    expect(isAuth(Uint8Array.of(1, 0x80, 0x04))).toBeUndefined()
    expect(isAuth(Uint8Array.of(1))).toBeUndefined()
    expect(isAuth(new Uint8Array(0))).toBeUndefined()
  })
})

describe('the first bytes of a tab', () => {
  it('are ready once the packet is whole, with what came along', async () => {
    const { calls, first, say } = talk()
    const packet = auth(300)
    expect(await say(packet.subarray(0, 3))).toBe('nothing yet')
    expect(await say(packet.subarray(3, 301))).toBe('nothing yet')
    expect(await say(Uint8Array.of(0, 1, 2))).toBeUndefined()
    expect(first.bytes).toEqual(Uint8Array.of(...packet.subarray(0, 301), 0, 1, 2))
    expect(calls).toEqual(['resume', 'pause'])
  })

  it('hold 4 KiB and no byte more', async () => {
    const fits = talk()
    expect(await fits.say(Buffer.concat([auth(282), new Uint8Array(4_096 - 284)]))).toBeUndefined()
    expect(fits.first.bytes).toHaveLength(4_096)
    const past = talk()
    expect(await past.say(Buffer.concat([auth(282), new Uint8Array(4_097 - 284)]))).toMatchObject({ code: 4400 })
  })

  it('are waited for 5 s, however steadily they drip', async () => {
    const { clock, say, told } = talk()
    const packet = auth(282)
    for (let i = 0; i < 5; i++) {
      expect(await say(packet.subarray(i, i + 1))).toBe('nothing yet')
      await clock.advanceAsync(i < 4 ? 1_000 : 999)
    }
    expect(await told()).toBe('nothing yet')
    await clock.advanceAsync(1)
    expect(await told()).toEqual({ code: 4408, text: 'idle; no whole handshake within 5000 ms' })
    expect(clock.pendingTimers).toBe(0)
  })

  it('end with a tab that goes', async () => {
    const { clock, sink, told } = talk()
    sink().ended({ goodbye: { code: 1000, text: '' }, orderly: true, why: 'gone' })
    expect(await told()).toMatchObject({ code: 4502 })
    expect(clock.pendingTimers).toBe(0)
  })
})
