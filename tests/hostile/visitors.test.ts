// Visitors of a WebSocket listener, honest and not, over real sockets: none is exempt here, for each comes from a
// public address that a proxy names, or the policy exempts nobody.
import { createHash, randomBytes } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { createNode, defineProtocol, generatePrivateKey, message, portableCrypto, text, toHex } from '@peerwire/core'
import type { Node, NodeOptions, PeerError, PrefixPolicy } from '@peerwire/core'
import { createManualClock } from '@peerwire/core/testing'
import { webSocket, WEBSOCKET_PROTOCOL } from '@peerwire/transport-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WebSocket } from 'ws'
import { startForwardingProxy } from '../support/forwarding-proxy.ts'

const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })
const NOBODY_EXEMPT: PrefixPolicy = { prefixOf: (address) => address.replace(/:\d+$/, '') }
/** RFC 6455, section 1.3. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

async function startNode(options: Partial<NodeOptions> = {}): Promise<Node> {
  const node = createNode({
    privateKey: generatePrivateKey(),
    transports: [webSocket()],
    protocols: [chat.with({})],
    ...options,
  })
  onTestFinished(() => node.close())
  await node.start()
  return node
}

async function startServer(options: Partial<NodeOptions> = {}) {
  // Its time stands still: however slow the machine is, all of them come at once.
  const clock = createManualClock()
  const transports = [webSocket({ listen: 'ws://127.0.0.1:0/', trustProxy: true })]
  const server = await startNode({ role: 'server', transports, clock, ...options })
  const address = server.addresses[0]!
  const port = Number(/:(\d+)\/$/.exec(address)![1])
  const failures: string[] = []
  server.on('setup:failed', ({ error }) => failures.push(error.message))
  return { server, clock, address, port, failures }
}

/** What comes of a WebSocket from `forwarded` that says nothing: `in`, how it was refused, or `dropped`. */
async function visit({ server, port }: { server: Node; port: number }, forwarded: string): Promise<string> {
  const before = server.inspect().setUps.length
  const headers = { 'x-forwarded-for': forwarded }
  const ws = new WebSocket(`ws://127.0.0.1:${port}/`, WEBSOCKET_PROTOCOL, { headers })
  onTestFinished(() => ws.terminate())
  return await new Promise((resolve) => {
    ws.once('open', () => server.inspect().setUps.length > before && resolve('in'))
    ws.once('close', (code, reason) => resolve(`${code} ${reason.toString()}`))
    ws.on('error', () => resolve('dropped'))
  })
}

interface Deaf {
  /** What it was told, once its socket is gone. */
  readonly ended: Promise<string>
}

/** Upgrades, and then answers nothing, no close frame either. Resolves when it was upgraded or dropped. */
async function openDeaf(port: number, path: string): Promise<Deaf> {
  const socket = connect(port, '127.0.0.1')
  onTestFinished(() => void socket.destroy())
  let said = ''
  socket.on('error', () => undefined)
  const ended = new Promise<string>((resolve) => socket.once('close', () => resolve(said)))
  const answered = new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1')
      resolve()
    })
  })
  const key = randomBytes(16).toString('base64')
  const fields = ['Host: x', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']
  const own = [`Sec-WebSocket-Key: ${key}`, `Sec-WebSocket-Protocol: ${WEBSOCKET_PROTOCOL}`]
  socket.write(`GET ${path} HTTP/1.1\r\n${[...fields, ...own].join('\r\n')}\r\n\r\n`)
  await Promise.race([answered, ended])
  return { ended }
}

const failureOf = (dialed: Promise<unknown>): Promise<PeerError> =>
  dialed.then(
    () => expect.unreachable('it was let in'),
    (error: PeerError) => error,
  )

describe('visitors who share a public address', () => {
  it('are 200 at once, and the next one is told the limit and the time; who comes from elsewhere is let in', async () => {
    const world = await startServer()
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => visit(world, '8.8.8.8')))
    expect(outcomes.filter((outcome) => outcome !== 'in')).toEqual([])
    const words = 'more than 200 at once or 20 a second from 8.8.8.8'
    expect(await visit(world, '8.8.8.8')).toBe(`4429 throttled; retry=1; ${words}`)
    expect(await visit(world, '8.8.8.9')).toBe('in')
    expect(world.failures).toEqual([words])
    const through = world.address.replace(`:${world.port}/`, `:${await startForwardingProxy(world.port, '8.8.8.8')}/`)
    const tab = await startNode()
    expect(await failureOf(tab.dial(through))).toMatchObject({
      code: 'relay refused',
      message: `throttled: ${words}`,
      cause: { name: 'throttled', retryAfterMs: 1000 },
    })
    const elsewhere = world.address.replace(`:${world.port}/`, `:${await startForwardingProxy(world.port, '9.9.9.9')}/`)
    expect(String(await tab.dial(elsewhere))).toContain('outbound')
  })

  it('are let in again and again when one of them is reloaded', async () => {
    const { server, address, port } = await startServer()
    const through = address.replace(`:${port}/`, `:${await startForwardingProxy(port, '8.8.8.8')}/`)
    for (let reload = 0; reload < 5; reload++) {
      const tab = await startNode()
      expect(String(await tab.dial(through))).toContain('outbound')
      await tab.close()
    }
    expect(server.inspect().failures.filter(({ phase }) => phase === 'setup')).toEqual([])
  })
})

describe('a flood', () => {
  it('is answered as often as it would be let in, then dropped before the upgrade', async () => {
    const world = await startServer({ limits: { visitsBurst: 3, visitsPerSecond: 1 } })
    const outcomes: string[] = []
    for (let i = 0; i < 8; i++) outcomes.push((await visit(world, '8.8.8.8')).slice(0, 4))
    expect(outcomes).toEqual(['in', 'in', 'in', '4429', '4429', '4429', 'drop', 'drop'])
    expect(world.failures.slice(-2)).toEqual(['a flood gets no answer', 'a flood gets no answer'])
    expect(await visit(world, '8.8.8.9')).toBe('in')
    world.clock.advance(1000)
    expect(await visit(world, '8.8.8.8')).toBe('in')
  })

  it('is no way round by what else a listener refuses, and takes no socket for good', async () => {
    const world = await startServer({ prefixes: NOBODY_EXEMPT, limits: { visitsBurst: 4, visitsPerSecond: 1 } })
    const ends: Promise<string>[] = []
    for (let i = 0; i < 10; i++) ends.push((await openDeaf(world.port, '/elsewhere')).ended)
    // As many are told as would have been let in and told: they keep their sockets, for they answer nothing.
    const told = 'absent: there is nothing at this path'
    expect(world.failures).toEqual([...Array<string>(8).fill(told), ...Array<string>(2).fill('a flood gets no answer')])
    await world.server.close()
    for (const said of (await Promise.all(ends)).slice(0, 8)) expect(said).toContain('absent; retry=300; there is')
  })

  it('of those who do not read what they are told keeps no more sockets than handshakes', async () => {
    const { port, failures } = await startServer({ limits: { pendingInbound: 2 } })
    const deaf = [await openDeaf(port, '/elsewhere'), await openDeaf(port, '/elsewhere')]
    const third = await openDeaf(port, '/elsewhere')
    expect(await third.ended).not.toContain('absent')
    expect(failures).toHaveLength(3)
    expect(await Promise.race([...deaf.map(({ ended }) => ended), Promise.resolve('open')])).toBe('open')
  })
})

/** A server that takes the upgrade and then says `frame`; its endpoint as an address of `key`. */
async function startLiar(frame: Uint8Array): Promise<string> {
  const server = createHttpServer().on('upgrade', ({ headers }, socket: Socket) => {
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}${ACCEPT_SUFFIX}`).digest('base64')
    const fields = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`]
    const head = ['HTTP/1.1 101 Switching Protocols', ...fields, `Sec-WebSocket-Protocol: ${WEBSOCKET_PROTOCOL}`]
    socket.on('error', () => undefined).write(`${head.join('\r\n')}\r\n\r\n`)
    // After what the dialer begins with, so that nothing unread makes the kernel drop the frame.
    socket.once('data', () => socket.end(frame))
  })
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return `ws://${toHex(portableCrypto.publicKeyOf(generatePrivateKey()))}@127.0.0.1:${port}/`
}

/** A close frame of RFC 6455, whatever its length. */
function closeFrame(code: number, reason: string | Uint8Array): Uint8Array {
  const body = Buffer.concat([Uint8Array.of(code >> 8, code & 0xff), Buffer.from(reason)])
  const length = body.length < 126 ? [body.length] : [126, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Uint8Array.of(0x88, ...length), body])
}

const REFUSED = 'relay refused'

describe('the words of a refusal', () => {
  it.each<[string, Uint8Array, string, string, number | undefined]>([
    ['with a huge time', closeFrame(4429, `full; retry=${'9'.repeat(60)}; x`), REFUSED, 'full: x', 86_400_000],
    [
      'with a time that is none',
      closeFrame(4403, 'declined; retry=-5; x'),
      REFUSED,
      'declined: retry=-5; x',
      undefined,
    ],
    ['with commands', closeFrame(4404, 'a\r\nb\u001b[2J; retry=1; \u202ec'), REFUSED, 'a b [2J: c', 1_000],
    [
      'with no text at all',
      closeFrame(4599, Buffer.from([0xff, 0xfe])),
      REFUSED,
      '\ufffd\ufffd: close code 4599',
      undefined,
    ],
    [
      'with an odd code',
      closeFrame(4999, 'full; retry=0; x'),
      'link lost',
      'the WebSocket ended with close code 4999',
      0,
    ],
    ['that are too long', closeFrame(4429, 'x'.repeat(124)), 'bad frame', 'not a valid WebSocket frame', 0],
  ])('%s end one dial, and nothing else', async (_, frame, code, words, retryAfterMs) => {
    const node = await startNode()
    const error = await failureOf(node.dial(await startLiar(frame)))
    expect(error).toMatchObject({ code })
    expect(String(error)).toContain(words)
    if (code === REFUSED) expect(error.cause).toMatchObject({ retryAfterMs })
    expect(String(error)).not.toMatch(/[\p{C}\p{Zl}\p{Zp}]/u)
    const { address } = await startServer()
    expect(String(await node.dial(address))).toContain('outbound')
  })
})
