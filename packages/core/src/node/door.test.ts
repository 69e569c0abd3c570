// Who is let in by a listener of which many share an address, and what those are told that are not.
import { describe, expect, it, onTestFinished } from 'vitest'
import { toHex } from '../base/bytes.ts'
import { seededRandom } from '../base/random.ts'
import { generatePrivateKey } from '../crypto/private-key.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import type { PeerError } from '../errors/peer-error.ts'
import { text } from '../protocols/codecs.ts'
import { defineProtocol, message } from '../protocols/define-protocol.ts'
import { standing } from '../standing/standing.ts'
import { createManualClock } from '../testing/manual-clock.ts'
import { createMemoryNetwork } from '../testing/memory-transport.ts'
import type { Link } from '../wire/link.ts'
import { createNode, type Node } from './node.ts'
import type { NodeOptions } from './options.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })

async function startWorld(options: Partial<NodeOptions> = {}) {
  const clock = createManualClock()
  const random = seededRandom(7)
  const network = createMemoryNetwork({ clock, random })
  const nodes: Node[] = []
  const start = async (host: string, own: Partial<NodeOptions>, listens: boolean): Promise<Node> => {
    const transports = [network.transport(host, { listen: listens, inboundRule: 'per prefix' })]
    const privateKey = generatePrivateKey(random)
    const node = createNode({ privateKey, transports, protocols: [chat.with({})], clock, random, ...own })
    nodes.push(node)
    await node.start()
    return node
  }
  const server = await start('server', { role: 'server', ...options }, true)
  const address = server.addresses[0]!
  const { endpoint } = { endpoint: { scheme: 'memory', host: 'server', port: Number(address.split(':').at(-1)) } }
  const failures: string[] = []
  server.on('setup:failed', ({ error }) => failures.push(error.message))
  onTestFinished(async () => void (await clock.run(Promise.all(nodes.map((node) => node.close())))))
  /** A node at `host`, which is dialed from. */
  const visitor = (host: string, own: Partial<NodeOptions> = {}) => start(host, own, false)
  /** A link from `host` that says nothing; how it ends. */
  const silent = async (
    host: string,
  ): Promise<{ readonly link: Link; readonly ended: Promise<PeerError | undefined> }> => {
    const link = await network.transport(host).dial(endpoint)
    const ended = new Promise<PeerError | undefined>((resolve) => {
      link.open({ bytes: () => undefined, drain: () => undefined, end: resolve })
    })
    return { link, ended }
  }
  const dial = (node: Node, to = address) => clock.run(node.dial(to).then(String, (error: PeerError) => error))
  return { clock, server, address, failures, visitor, silent, dial }
}

describe('a listener of which many share an address', () => {
  it('takes 200 of one address at once, and says to the 201st why not and when', async () => {
    const { server, failures, visitor, silent, dial } = await startWorld()
    for (let i = 0; i < 200; i++) await silent('8.8.8.8')
    expect(server.inspect().setUps).toHaveLength(200)
    const words = 'more than 200 at once or 20 a second from 8.8.8.8'
    const late = await visitor('8.8.8.8')
    expect(await dial(late)).toMatchObject({
      code: 'relay refused',
      message: `throttled: ${words}`,
      cause: { name: 'throttled', retryAfterMs: 1000 },
    })
    expect(failures).toEqual([words])
    expect(await dial(await visitor('8.8.8.9'))).toContain('(outbound)')
  })

  it('takes one that is reloaded in a row, and others behind the same router', async () => {
    const { server, visitor, dial, clock } = await startWorld()
    for (let reload = 0; reload < 10; reload++) {
      const tab = await visitor('8.8.8.8')
      expect(await dial(tab)).toContain('(outbound)')
      await clock.run(tab.close())
    }
    expect(await dial(await visitor('8.8.8.8'))).toContain('(outbound)')
    expect(await dial(await visitor('8.8.8.8'))).toContain('(outbound)')
    await clock.advanceAsync(1000)
    expect(server.peers).toHaveLength(2)
  })

  it('is come back to by the dialer when it said, and the words are shown meanwhile', async () => {
    const { clock, server, address, visitor, silent } = await startWorld({
      limits: { visitsBurst: 1, visitsPerSecond: 1 },
    })
    await silent('8.8.8.8')
    const tab = await visitor('8.8.8.8', { persistent: [address] })
    await clock.advanceAsync(500)
    const words = 'throttled: more than 1 at once or 1 a second from 8.8.8.8'
    const { sentence } = tab.explain(server.publicKey)
    expect(sentence).toContain(`persistent and waiting: retry delay, next in 1 s; last error: relay refused (${words})`)
    expect(tab.peers).toHaveLength(0)
    await clock.advanceAsync(1000)
    expect(tab.peers).toHaveLength(1)
  })

  it('says by a Disconnect that it is full, for then it knows who is there', async () => {
    const { visitor, dial } = await startWorld({ maxPeers: 1 })
    expect(await dial(await visitor('8.8.8.8'))).toContain('(outbound)')
    const outcome = await dial(await visitor('8.8.8.8'))
    expect(outcome).toMatchObject({ code: 'remote disconnect reason', reason: DiscReason.tooManyPeers })
  })

  it('answers a flood no more', async () => {
    const { failures, silent } = await startWorld({ limits: { visitsBurst: 2, visitsPerSecond: 1 } })
    for (let i = 0; i < 2; i++) await silent('8.8.8.8')
    const codes: (string | undefined)[] = []
    for (let i = 0; i < 4; i++) codes.push((await (await silent('8.8.8.8')).ended)?.code)
    expect(codes).toEqual(['relay refused', 'relay refused', 'link lost', 'link lost'])
    expect(failures).toHaveLength(4)
  })

  it('says to a banned address that it is banned', async () => {
    const guard = standing()
    const { visitor, dial } = await startWorld({ plugins: [guard] })
    await guard.ban('8.8.8.0/24')
    const cause = { name: 'declined', retryAfterMs: 3_600_000 }
    expect(await dial(await visitor('8.8.8.8'))).toMatchObject({ message: 'declined: the address is banned', cause })
  })

  it('says to one that dials another key that this is not its own, and no more', async () => {
    const { address, visitor, dial } = await startWorld()
    const other = await visitor('8.8.4.4')
    const key = toHex(other.publicKey)
    const outcome = await dial(await visitor('8.8.8.8'), address.replace(/\/\/[0-9a-f]+@/, `//${key}@`))
    expect(outcome).toMatchObject({
      code: 'relay refused',
      message: 'bad request: this is no handshake with the key of this listener',
    })
  })

  it('says to one that is silent that it was too slow', async () => {
    const { clock, silent } = await startWorld()
    const { ended } = await silent('8.8.8.8')
    await clock.advanceAsync(5_000)
    expect(await ended).toMatchObject({ message: 'idle: encryption handshake not done within 5000 ms' })
  })

  it('takes the place of the oldest of a crowd for somebody from elsewhere, and tells it', async () => {
    const { clock, server, failures, visitor, silent, dial } = await startWorld({ limits: { pendingInbound: 4 } })
    const crowd = [await silent('8.8.8.8'), await silent('8.8.8.8'), await silent('7.7.7.7')]
    const other = await silent('6.6.6.6')
    expect(await dial(await visitor('9.9.9.9'))).toContain('(outbound)')
    const last = await silent('5.5.5.5')
    expect(await dial(await visitor('4.4.4.4'))).toMatchObject({ message: 'full: 4 handshakes are in progress' })
    for (const { link } of [other, last]) link.abort()
    await clock.advanceAsync(0)
    const words = 'its network had the most handshakes in progress'
    expect(await crowd[0]!.ended).toMatchObject({ code: 'relay refused', message: `full: ${words}` })
    expect(failures).toContain(words)
    expect(server.inspect().setUps).toHaveLength(2)
  })

  it.each(['8.8.8.8', '127.0.0.1'])('lets no more than half of the places to the silent of %s', async (host) => {
    const { server, visitor, silent, dial } = await startWorld({ limits: { pendingInbound: 4 } })
    const crowd = [await silent(host), await silent(host), await silent(host)]
    expect(server.inspect().setUps).toHaveLength(2)
    expect(await dial(await visitor(host))).toContain('(outbound)')
    for (const { ended } of crowd.slice(0, 2)) expect(await ended).toMatchObject({ code: 'relay refused' })
  })
})

describe('a server', () => {
  const transports = [createMemoryNetwork({ clock: createManualClock() }).transport('a', { listen: true })]
  const inspect = (options: Partial<NodeOptions>) =>
    createNode({ privateKey: generatePrivateKey(), transports, ...options }).inspect()

  it('takes 1,000 peers, or what is said, and nothing else is a role', () => {
    expect(inspect({ role: 'server' })).toMatchObject({ maxPeers: 1000, maxInbound: 1000 })
    expect(inspect({ role: 'server', maxPeers: 70 })).toMatchObject({ maxPeers: 70, maxInbound: 70 })
    expect(inspect({ role: undefined })).toMatchObject({ maxPeers: 50 })
    expect(() => inspect({ role: 'client' as 'server' })).toThrow(
      new TypeError('role of createNode must be "server", not "client"'),
    )
  })
})
