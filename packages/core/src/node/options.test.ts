import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { seededRandom } from '../base/random.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { bytes } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createMemoryNetwork } from '../testing/memory-transport.ts'
import { createNode } from './node.ts'
import { DEFAULT_LIMITS, readOptions } from './options.ts'
import type { NodeLimits, NodeOptions } from './options.ts'

const random = seededRandom(1)
const transport = createMemoryNetwork({ clock: createManualClock(), random }).transport('here')
const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, bytes) } })
const GOOD: NodeOptions = { privateKey: generatePrivateKey(random), transports: [transport] }
const make = (more: object) => () => createNode({ ...GOOD, ...more })

/** As many protocols as are asked for. */
function offers(count: number): NodeOptions['protocols'] {
  return Array.from({ length: count }, (_, version) =>
    defineProtocol({ name: 'p', version, messages: { say: message(0, bytes) } }).with({}),
  )
}

describe('createNode, misused', () => {
  it.each<[options: unknown, text: string]>([
    [undefined, 'createNode needs at least a privateKey and transports'],
    [{}, 'createNode needs a privateKey of 32 bytes; generatePrivateKey() makes one'],
    [{ privateKey: GOOD.privateKey }, 'createNode needs at least one transport, such as webSocket() or tcp()'],
    ['chat', 'createNode takes options as an object, not "chat"'],
  ])('with %j says so in one sentence', (options, text) => {
    expect(() => createNode(options as NodeOptions)).toThrow(new TypeError(text))
  })

  it.each<[options: object, text: string]>([
    [
      { transports: [() => transport] },
      'transports[0] of createNode must be a transport, such as webSocket() or tcp()',
    ],
    [{ transports: [transport, undefined] }, 'transports[1] of createNode must be'],
    [{ transports: transport }, 'transports of createNode must be an array, not an object'],
    [
      { protocols: [chat] },
      'protocols[0] of createNode must be a protocol with its handlers, such as chat.with({ … }), not an object',
    ],
    [{ protocols: [chat.with({}), chat.with({})] }, 'the protocol chat/1 is given twice'],
    [{ plugins: [{}] }, 'plugins[0] of createNode must be a plugin, such as addressBook(), not an object'],
    [{ plugins: [() => undefined] }, 'plugins[0] of createNode must be'],
    [{ plugins: [{ name: 'own', protocols: [chat] }] }, 'protocols[0] of createNode must be'],
    [{ maxPeers: NaN }, 'maxPeers of createNode must be a whole number, not NaN'],
    [{ maxPeers: '8' }, 'maxPeers of createNode must be a whole number, not "8"'],
    [{ maxInbound: -1 }, 'maxInbound of createNode must be a whole number, not -1'],
    [{ maxInbound: 51 }, 'maxInbound 51 of createNode need more than maxPeers 50'],
    [{ name: 7 }, 'name of createNode must be a string, not 7'],
    [{ maxpeers: 8 }, 'createNode has no option maxpeers; there are privateKey,'],
    [{ limits: { dialMs: '15000' } }, 'limits.dialMs of createNode must be a whole number from 1 or Infinity'],
    [{ limits: { capabilities: 1 } }, 'createNode has no option limits.capabilities; there are'],
    [{ limits: [] as object, name: null }, 'name of createNode must be a string, not null'],
    [{ admission: {} }, 'admission of createNode must be a function'],
    [{ dialing: 'keep-8' }, 'dialing of createNode must be an object, not "keep-8"'],
  ])('with %j is a TypeError that names the option', (options, text) => {
    expect(make(options)).toThrow(TypeError)
    expect(make(options)).toThrow(text)
  })

  it.each(Object.keys(DEFAULT_LIMITS) as (keyof NodeLimits)[])(
    'limits.%s is checked, undefined its default',
    (name) => {
      const read = (value: unknown) => readOptions({ ...GOOD, limits: { [name]: value } })
      expect(read(undefined).limits).toEqual(DEFAULT_LIMITS)
      expect(read(Infinity).limits[name]).toBe(Infinity)
      for (const value of [NaN, -1, 1.5, '7', null]) expect(() => read(value)).toThrow(`limits.${name} of createNode`)
    },
  )

  it('takes every option as undefined, and bytes of another realm as a key', () => {
    const names = [
      'protocols',
      'plugins',
      'name',
      'maxPeers',
      'maxInbound',
      'persistent',
      'trusted',
      'dialing',
      'logger',
    ]
    const more = ['clock', 'random', 'storage', 'crypto', 'prefixes', 'admission', 'limits']
    const none = Object.fromEntries([...names, ...more].map((name) => [name, undefined]))
    const { id } = createNode(GOOD)
    expect(make(none)().id).toBe(id)
    const privateKey = runInNewContext(`new Uint8Array([${GOOD.privateKey.join()}])`) as Uint8Array
    expect(make({ privateKey })().id).toBe(id)
  })

  it('takes a name and protocols as long as Hello has room for them', () => {
    expect(make({ name: 'x'.repeat(1900) })().id).toHaveLength(64)
    expect(make({ name: 'x'.repeat(3000) })).toThrow(
      "the name of 3000 characters and the protocols of createNode don't fit",
    )
    expect(make({ protocols: offers(128) })().id).toHaveLength(64)
    expect(make({ protocols: offers(129) })).toThrow(TypeError)
  })
})
