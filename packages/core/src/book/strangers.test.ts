// What a book dials and keeps of what strangers name, and of what the user wrote.
import { expect, it } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { seededRandom } from '../base/random.ts'
import { defaultCrypto } from '../crypto/default.node.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { createNode } from '../node/node.ts'
import { memoryTcp } from '../testing/internet.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createMemoryNetwork } from '../testing/memory-transport.ts'
import { addressBook } from './address-book.ts'
import type { AddressBookOptions } from './options.ts'

/** Nodes that have a book of these options each; what the latest of them dialed. */
function createWorld() {
  const clock = createManualClock()
  const random = seededRandom(5)
  const network = createMemoryNetwork({ clock, random })
  const keyOf = (): string => toHex(defaultCrypto.publicKeyOf(generatePrivateKey(random)))
  const settle = async (ip: string, options: AddressBookOptions) => {
    const dialed: string[] = []
    const book = addressBook(options)
    const transport = memoryTcp(network, ip)
    const dial: typeof transport.dial = (endpoint, dialOptions) => {
      dialed.push(endpoint.host)
      return transport.dial(endpoint, dialOptions)
    }
    const privateKey = generatePrivateKey(random)
    const node = createNode({ privateKey, transports: [{ ...transport, dial }], plugins: [book], clock, random })
    await node.start()
    return { book, node, dialed }
  }
  return { clock, keyOf, settle }
}

it('a function among the seeds leads no node into its own network, what the user wrote does', async () => {
  const { clock, keyOf, settle } = createWorld()
  const found = ['enode://K@127.0.0.1:30303', 'enode://K@192.168.1.1:80', 'ws://K@20.9.9.9/?a']
  const list = async (): Promise<readonly string[]> => found.map((text) => text.replace('K', keyOf()))
  const strict = await settle('20.1.1.1', { seeds: [list, `enode://${keyOf()}@127.0.0.9:30303`] })
  for (let i = 0; i < 600; i++) await clock.advanceAsync(100)
  expect(new Set(strict.dialed)).toEqual(new Set(['127.0.0.9']))
  const local = await settle('20.2.1.1', { seeds: [list], local: true })
  for (let i = 0; i < 600; i++) await clock.advanceAsync(100)
  expect(local.dialed).toEqual(expect.arrayContaining(['127.0.0.1', '192.168.1.1']))
  await clock.run(Promise.all([strict.node.close(), local.node.close()]))
})

it('a seed’s function is asked for 256 addresses at most, whether or not they may be dialed', async () => {
  const { clock, keyOf, settle } = createWorld()
  const key = keyOf()
  let asked = 0
  const endless = async function* (): AsyncGenerator<string> {
    for (;;) {
      asked++
      yield `enode://${key}@127.0.0.1:1`
    }
  }
  const { node } = await settle('20.1.1.1', { seeds: [endless] })
  await clock.advanceAsync(1000)
  expect(asked).toBe(256)
  await clock.run(node.close())
})

it('nobody from elsewhere is believed who tells of addresses here, and nobody who tells of queries', async () => {
  const { clock, keyOf, settle } = createWorld()
  const teller = await settle('20.1.1.1', { local: true })
  const told = ['enode://K@192.168.1.1:80', 'ws://K@20.9.9.9/?a=b', 'ws://K@20.9.9.8/a']
  for (const text of told) expect(teller.book.add(text.replace('K', keyOf()))).toBe(true)
  const one = await settle('20.2.1.1', { local: true, seeds: [teller.node.addresses[0]!] })
  const known = (): number => one.book.inspect()!.addresses.total
  for (let i = 0; i < 6000 && known() < 2; i++) await clock.advanceAsync(100)
  await clock.advanceAsync(1000)
  // The teller, and the one of the three that may be.
  expect(known()).toBe(2)
  await clock.run(Promise.all([teller.node.close(), one.node.close()]))
})
