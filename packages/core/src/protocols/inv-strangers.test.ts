import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rounds } from '../../../../tests/support/counts.ts'
import { idOf, invWorld, noteOf, speaker } from '../../test/inv-world.ts'
import { isMisdeed } from '../errors/meaning.ts'
import { invProtocol } from './inv-messages.ts'
import { raw } from './codecs.ts'
import { defineProtocol, message } from './define-protocol.ts'

const NOTE = 16
const NAMES = ['kinds', 'inv', 'getdata', 'item', 'notfound'] as const
type Name = (typeof NAMES)[number]

/** inv/1 with nothing but bytes in it. */
const bytesOnly = defineProtocol({
  name: 'inv',
  version: 1,
  messages: {
    kinds: message(0, raw),
    inv: message(1, raw, { maxBytes: 2_000_000 }),
    getdata: message(2, raw),
    item: message(3, raw),
    notfound: message(4, raw),
  },
})

const { messages } = invProtocol(256)
const id = fc.oneof(fc.constant(idOf(noteOf('honest'))), fc.uint8Array({ minLength: 32, maxLength: 32 }))
const ids = fc.record({ kind: fc.constantFrom(NOTE, NOTE, 3), ids: fc.array(id, { maxLength: 20 }) })
const payload: fc.Arbitrary<readonly [Name, Uint8Array]> = fc.oneof(
  fc.tuple(fc.constantFrom('inv', 'getdata', 'notfound'), ids).map(([name, value]) => {
    return [name, messages[name as 'inv'].codec.encode(value)] as const
  }),
  fc.tuple(fc.constantFrom(NOTE, 3), fc.uint8Array({ maxLength: 300 })).map(([kind, bytes]) => {
    return ['item', messages.item.codec.encode({ kind, bytes })] as const
  }),
  fc.tuple(fc.constantFrom(...NAMES), fc.uint8Array({ maxLength: 80 })),
)
/** Bytes of it changed, cut or doubled. */
const mutated = fc
  .tuple(payload, fc.nat(), fc.nat({ max: 255 }), fc.nat({ max: 5 }))
  .map(([[name, bytes], at, to, how]) => {
    if (how > 1 || bytes.length === 0) return [name, bytes] as const
    if (how === 1) return [name, bytes.subarray(0, at % bytes.length)] as const
    const changed = bytes.slice()
    changed[at % changed.length] = to
    return [name, changed] as const
  })

describe('whatever a stranger says over inv/1', () => {
  it('ends the stranger at worst, for its own misdeed, and the others go on', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(mutated, { maxLength: 30 }), async (said) => {
        const world = await invWorld(2, {}, [bytesOnly.with({})])
        const honest = await world.connect(1, 0)
        const stranger = await world.connect(2, 0)
        const first = messages.kinds.codec.encode([{ number: NOTE, name: 'note' }])
        void stranger.send(bytesOnly, 'kinds', first)
        for (const [name, bytes] of said) void stranger.send(bytesOnly, name, bytes)
        await world.advance(3000)
        world.inventories[1]!.publish(world.notes, noteOf('honest'))
        // The stranger may have announced it first, and withhold it.
        await world.advance(8000)
        expect(world.texts[0]).toEqual(['honest'])
        expect(honest.error).toBe(undefined)
        for (const error of world.endings[0]!) expect([error.code, isMisdeed(error)]).toEqual([error.code, true])
        expect(world.lines.filter((line) => !line.includes('Removing'))).toEqual([])
        await world.close()
      }),
      { numRuns: rounds(15, 500) },
    )
  })

  it('of kinds without end costs no more than one list of them', async () => {
    const { offer, protocol } = speaker({
      kinds: Array.from({ length: 64 }, (_, i) => ({ number: i, name: `kind-${i}` })),
    })
    const world = await invWorld(1, {}, [offer])
    const peer = await world.connect(1, 0)
    void peer.send(protocol, 'inv', { kind: 5, ids: [idOf(noteOf('x'))] })
    await world.advance(100)
    expect(peer.error).toBe(undefined)
    expect(world.inventories[0]!.inspect()).toMatchObject({ known: 0, tracked: 0 })
    await world.close()
  })
})
