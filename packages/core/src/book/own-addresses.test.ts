// Where a node is, for others: its interfaces, what others see, what the user says; and why nothing is told.
import { afterEach, describe, expect, it } from 'vitest'
import type { BookWorld } from '../../../../tests/support/book-world.ts'
import { addressOf, bookWorld, MINUTE } from '../../../../tests/support/book-world.ts'
import { ipAddress } from '../addresses/endpoint-address.ts'
import { isRoutableAddress } from '../addresses/group-policy.ts'
import { silentLogger } from '../base/log.ts'
import { memoryTcp } from '../testing/internet.ts'
import type { Transport } from '../wire/link.ts'
import { OwnAddresses } from './own-addresses.ts'
import { isLocalOrRoutable } from './places.ts'

const KEY = '11'.repeat(64)
const REMOTE = ipAddress('8.8.8.8', 1)!

function ownOf({ interfaces = [] as string[], stated = [] as string[], local = false } = {}): OwnAddresses {
  const accepts = local ? isLocalOrRoutable : isRoutableAddress
  return new OwnAddresses({
    accepts: (address) => accepts(address),
    interfaces: () => interfaces,
    stated: () => stated,
  })
}

describe('a node that listens everywhere', () => {
  it.each([
    ['0.0.0.0', ['tcp://50.1.1.1:30303']],
    ['[::]', ['tcp://50.1.1.1:30303', 'tcp://[2a00::7]:30303']],
  ])('tells of the interfaces that %s hears, and never of loopback', (host, told) => {
    const own = ownOf({ interfaces: ['127.0.0.1', '::1', '50.1.1.1', '2a00::7', '192.168.1.5', 'fe80::1'] })
    own.listening([`tcp://${KEY}@${host}:30303`], silentLogger)
    expect(own.inspect()).toEqual({ told })
  })

  it('tells of what others see rather than of an interface, and of what the user said rather than of both', () => {
    const stated: string[] = []
    const own = ownOf({ interfaces: ['50.1.1.1'], stated })
    own.listening([`tcp://${KEY}@0.0.0.0:30303`], silentLogger)
    const told = (): string[] => own.for(REMOTE).map(({ bytes }) => bytes.join('.'))
    expect(told()).toEqual(['50.1.1.1'])
    stated.push('60.2.2.2')
    expect(told()).toEqual(['60.2.2.2'])
    own.advertise(['tcp://70.3.3.3:30303'])
    expect(told()).toEqual(['70.3.3.3'])
  })

  it('tells whoever is on this machine of loopback, and nobody else', () => {
    const own = ownOf({ interfaces: ['127.0.0.1', '192.168.1.5'], local: true })
    own.listening([`tcp://${KEY}@0.0.0.0:30303`], silentLogger)
    const hosts = ['127.0.0.1', '192.168.1.9'].map((host) =>
      own.for(ipAddress(host, 1)!).map(({ bytes }) => bytes.join('.')),
    )
    expect(hosts).toEqual([['127.0.0.1'], ['192.168.1.5']])
  })

  it.each([
    [[], 'the node listens nowhere'],
    [[`tcp://${KEY}@0.0.0.0:1`], 'nobody elsewhere could dial where it listens (0.0.0.0): say by advertise'],
    [[`tcp://${KEY}@127.0.0.1:1`], 'nobody elsewhere could dial where it listens (127.0.0.1): say by advertise'],
  ])('says why nothing is told: %j', (addresses, why) => {
    const own = ownOf({ interfaces: ['10.0.0.1'] })
    own.listening(addresses, silentLogger)
    expect(own.inspect()).toEqual({ told: [], why: expect.stringContaining(why) as string })
  })
})

describe('in a network', () => {
  let world: BookWorld
  afterEach(() => world.close())

  /** A host that says that it listens everywhere. */
  function everywhere(host: string): Transport {
    const inner = memoryTcp(world.network, host)
    const listen: Transport['listen'] = async (handlers) =>
      (await inner.listen!(handlers)).map((listener) => ({
        ...listener,
        endpoint: { ...listener.endpoint, host: '0.0.0.0' },
      }))
    return { ...inner, listen }
  }

  it('a node on 0.0.0.0 is found by others once somebody has seen where it is', async () => {
    world = bookWorld()
    const seed = await world.settle('40.1.1.1')
    const seen = { name: 'seen', stated: () => '50.1.1.1' }
    const node = { transports: [everywhere('50.1.1.1')] }
    const hidden = await world.settle('50.1.1.1', { seeds: [addressOf(seed)], plugins: [seen], node })
    const other = await world.settle('99.1.1.1', { listen: false, seeds: [addressOf(seed)] })
    const isMet = (): boolean => other.node.peers.some(({ id }) => id === hidden.node.id)
    expect(await world.passUntil(isMet, 30 * MINUTE)).toBeLessThan(30 * MINUTE)
    expect(hidden.book.inspect()!.ownAddresses.told).toContain('tcp://50.1.1.1:30303')
    expect(hidden.lines.filter((line) => line.includes('Own addresses'))).toHaveLength(1)
  })
})
