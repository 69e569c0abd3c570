// UDP in Node, and discovery over it on this machine, IPv6 included.
import { createSocket } from 'node:dgram'
import { describe, expect, it } from 'vitest'
import { defaultCrypto, generatePrivateKey, silentLogger, systemClock, systemRandom } from '@peerwire/core'
import { createDiscv4, knownNode, udp } from '@peerwire/discovery'
import type { DatagramSocket, Discv4, UdpEndpoint } from '@peerwire/discovery'

const FREE = { host: '127.0.0.1', port: 0 }

async function exchange(from: DatagramSocket, to: DatagramSocket, target: UdpEndpoint): Promise<[string, UdpEndpoint]> {
  const got = new Promise<[string, UdpEndpoint]>((done) => to.open((bytes, by) => done([String(bytes), by])))
  from.send(Uint8Array.of(1, 2, 3), target)
  return await got
}

describe('a UDP socket', () => {
  it('is bound where it is asked to, and carries datagrams with where they come from', async () => {
    const one = await udp({ listen: 'udp://127.0.0.1:0' })({ host: '0.0.0.0', port: 9 })
    const two = await udp()(FREE)
    expect(one.local.host).toBe('127.0.0.1')
    expect(await exchange(one, two, two.local)).toEqual(['1,2,3', one.local])
    await Promise.all([one.close(), two.close(), one.close()])
    // Nobody hears of it.
    one.send(Uint8Array.of(1), two.local)
  })

  it('has the number of the listener, or a free one where that is taken', async () => {
    const one = await udp()(FREE)
    const two = await udp()(one.local)
    expect(two.local.port).not.toBe(one.local.port)
    await Promise.all([one.close(), two.close()])
  })

  it('that is asked for and taken is an error that names it', async () => {
    const taken = createSocket('udp4')
    await new Promise<void>((done) => taken.bind(0, '127.0.0.1', done))
    const { port } = taken.address()
    await expect(udp({ listen: `udp://127.0.0.1:${port}` })(FREE)).rejects.toThrow(
      `cannot listen on udp://127.0.0.1:${port}: `,
    )
    taken.close()
  })

  it.each(['tcp://127.0.0.1:1', 'udp://localhost:1', 'udp://127.0.0.1', 'x'])('can’t be %s', (listen) => {
    expect(() => udp({ listen })).toThrow(TypeError)
  })

  it('drops what can’t be sent', async () => {
    const one = await udp()(FREE)
    one.send(new Uint8Array(70_000), one.local)
    one.send(Uint8Array.of(1), { host: '127.0.0.1', port: 0 })
    one.send(Uint8Array.of(1), { host: '::1', port: 5 })
    const two = await udp()(FREE)
    expect(await exchange(one, two, two.local)).toEqual(['1,2,3', one.local])
    await Promise.all([one.close(), two.close()])
  })

  it('looks names up, and says when there is none', async () => {
    const one = await udp()(FREE)
    expect(await one.lookup?.('localhost')).toBe('127.0.0.1')
    expect(await one.lookup?.('nothing.invalid')).toBeUndefined()
    await one.close()
  })
})

describe('discovery over UDP', () => {
  async function start(near: UdpEndpoint): Promise<{ discv4: Discv4; publicKey: Uint8Array }> {
    const privateKey = generatePrivateKey()
    const surroundings = { clock: systemClock, random: systemRandom, crypto: defaultCrypto, logger: silentLogger }
    const discv4 = createDiscv4({ privateKey, socket: await udp()(near), ...surroundings })
    await discv4.start()
    return { discv4, publicKey: defaultCrypto.publicKeyOf(privateKey) }
  }

  it.each(['127.0.0.1', '::1'])('pings, and asks for records, at %s', async (host) => {
    const [one, two] = await Promise.all([start({ host, port: 0 }), start({ host, port: 0 })])
    const { port } = two.discv4.local
    const node = knownNode({ publicKey: two.publicKey, host, udp: port, tcp: 0 }, defaultCrypto)
    const record = await one.discv4.requestRecord(node)
    expect(record.bytes).toEqual(two.discv4.record.bytes)
    expect((await one.discv4.ping(node)).seq).toBe(record.seq)
    await Promise.all([one.discv4.close(), two.discv4.close()])
  })
})
