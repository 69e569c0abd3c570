// The bridge for tickets over real sockets, by IPv4 and by IPv6: what is refused, and that nothing is dialed for it.
import { createSocket } from 'node:dgram'
import { connect as connectTcp, Socket } from 'node:net'
import { formatIp, fromHex, silentLogger, systemClock, toHex } from '@peerwire/core'
import { createBridge, dnsResolver, parseBridgeTarget } from 'peerwire'
import { describe, expect, it, onTestFinished } from 'vitest'
import { DENIED_RANGES } from '../../packages/relay/src/bridge/address-ranges.ts'
import { ticketNonce, writeTicket } from '../../packages/relay/src/bridge/ticket.ts'
import {
  AUTH,
  BY_ADDRESS,
  closed,
  FAMILIES,
  KEY,
  publicKey,
  type TicketWorld,
  ticketWorld,
} from './support/ticket-world.ts'

const EVERYWHERE = ['0.0.0.0/0:1024-65535', '::/0:1024-65535']
const DECLINED = "4403 declined; retry=300; the operator doesn't let tickets lead there"
const THROUGH = '4502 target; the target closed before it answered'

/** A ticket whose targets nobody has looked at. */
function signUnseen(targets: readonly string[]): string {
  const notBefore = Math.floor(systemClock.wallNow() / 1000)
  const times = { notBefore, expires: notBefore + 60 }
  const bounds = { bytes: 1e6, seconds: 60, links: 64 }
  return writeTicket({ ...times, ...bounds, audience: publicKey, targets, origin: '', nonce: ticketNonce() }, KEY)
}

/** How a ticket for each target ends, one after another. */
async function outcomesOf(world: TicketWorld, targets: readonly string[]): Promise<string[]> {
  const ends: string[] = []
  for (const target of targets) ends.push(await world.outcome(signUnseen([target])))
  return ends
}

const inUrl = (ip: string): string => (ip.includes(':') ? `[${ip}]` : ip)

describe.each(FAMILIES)('the bridge by $name', (family) => {
  it('leads where a ticket says, behind what the tab said first', async () => {
    const world = await ticketWorld(family)
    const { ws, socket } = await world.link(world.sign())
    expect(world.dialed).toEqual([world.target])
    const back: Buffer[] = []
    ws.on('message', (data: Buffer) => back.push(data))
    socket.on('data', (chunk: Buffer) => socket.write(chunk)).resume()
    ws.send(Buffer.from('more'))
    await expect.poll(() => Buffer.concat(back).length).toBe(AUTH.length + 4)
    expect(Buffer.concat(back).equals(Buffer.concat([AUTH, Buffer.from('more')]))).toBe(true)
  })

  it('is closed to tickets where nothing is allowed, and where it takes none', async () => {
    const world = await ticketWorld(family, { allow: [] })
    expect(await world.outcome(world.sign())).toBe(DECLINED)
    expect(await world.outcome(world.sign({ targets: ['geth.example:30303'] }))).toBe(DECLINED)
    expect(world.dialed).toEqual([])
    const common = { clock: systemClock, logger: silentLogger, origins: undefined, remoteOf: () => '127.0.0.1:1' }
    const request = { url: '/bridge/t/0', headers: {} } as Parameters<TicketWorld['bridge']['upgrade']>[0]
    const nobody = createBridge({ ...common, targets: [] })
    expect(nobody.upgrade(request, new Socket(), Buffer.alloc(0))).toBe(false)
    const aliases = createBridge({ ...common, targets: [parseBridgeTarget('t=127.0.0.1:1')] })
    expect([aliases.links, await nobody.close(), await aliases.close()]).toEqual([0, undefined, undefined])
  })

  it('leads to no special range, written or found in DNS, whatever carries it', async () => {
    const answers = new Map<string, string>()
    const resolve = async (name: string): Promise<string[]> => [answers.get(name)!]
    const limits = { linksPerTarget: 10_000 }
    const world = await ticketWorld(family, { allow: EVERYWHERE, resolve, limits })
    const isIpv4 = family.name === 'IPv4'
    const firsts = DENIED_RANGES.map(({ prefix }) => prefix)
    const own = firsts.filter(({ length }) => (length === 4) === isIpv4).map(formatIp)
    const carried = firsts
      .filter(({ length }) => length === 4 && !isIpv4)
      .flatMap((ip) => {
        const [high, low] = [toHex(ip.subarray(0, 2)), toHex(ip.subarray(2))]
        return [
          `::ffff:${formatIp(ip)}`,
          `64:ff9b::${formatIp(ip)}`,
          `64:ff9b:1::${formatIp(ip)}`,
          `2002:${high}:${low}::1`,
        ]
      })
    const addresses = [...own, ...carried]
    for (const [i, address] of addresses.entries()) answers.set(`n${i}.example`, address)
    const written = addresses.map((address) => `${inUrl(address)}:30303`)
    const named = addresses.map((_, i) => `n${i}.example:30303`)
    const ends = await outcomesOf(world, [...written, ...named])
    expect(new Set(ends)).toEqual(new Set([DECLINED]))
    expect(ends).toHaveLength(2 * addresses.length)
    expect(world.dialed).toEqual([])
  }, 20_000)

  it('asks for a name once, and dials what was judged', async () => {
    const [far] = family.far
    const asked: string[] = []
    const loopback = family.host.replace(/[[\]]/g, '')
    const resolve = async (name: string): Promise<string[]> => [asked.push(name) === 1 ? far : loopback]
    const connect = (): Socket => new Socket()
    const limits = { dialMs: 4_321 }
    const held = (delayMs: number): boolean => delayMs > 4_000 && delayMs <= 4_321
    const world = await ticketWorld(family, { allow: EVERYWHERE, resolve, connect, limits, held })
    const end = world.outcome(world.sign({ targets: ['geth.example:30303'] }))
    await expect.poll(() => world.dialed).toEqual([`${inUrl(far)}:30303`])
    world.fire()
    expect(await end).toBe('4504 no answer; the target did not answer within 4321 ms')
    expect(asked).toEqual(['geth.example'])
  })

  it('dials the answers that are allowed, and no other', async () => {
    const [far] = family.far
    const loopback = family.host.replace(/[[\]]/g, '')
    const resolve = async (): Promise<string[]> => ['10.0.0.1', far, 'fd00::1', loopback, '169.254.169.254']
    const refused = await ticketWorld(family, { allow: EVERYWHERE, resolve, connect: () => connectTcp(1, '127.0.0.1') })
    const name = { targets: ['geth.example:30303'] }
    expect(await refused.outcome(refused.sign(name))).toMatch(/^4502 target; the target refused the connection/)
    expect(refused.dialed).toEqual([`${inUrl(far)}:30303`])
    const listed = await ticketWorld(family, { resolve })
    const { port } = listed.accepted.length === 0 ? new URL(`tcp://${listed.target}`) : { port: '' }
    expect(await listed.outcome(listed.sign({ targets: [`geth.example:${port}`] }))).toContain(THROUGH)
    expect(listed.dialed).toEqual([listed.target])
  })

  it('tries the next answer where one refuses, and looks at 8', async () => {
    const many = Array.from({ length: 9 }, (_, i) => family.far[0].replace(/\d$/, String(i)))
    const connect = (): Socket => connectTcp(1, '127.0.0.1')
    const world = await ticketWorld(family, { allow: EVERYWHERE, resolve: async () => many, connect })
    expect(await world.outcome(world.sign({ targets: ['geth.example:30303'] }))).toMatch(/^4502 target; .* refused/)
    expect(world.dialed).toEqual(many.slice(0, 8).map((ip) => `${inUrl(ip)}:30303`))
  })

  it('looks where it arrived, not only where it went', async () => {
    const real = await ticketWorld(family)
    const [host, port] = [family.host.replace(/[[\]]/g, ''), Number(new URL(`tcp://${real.target}`).port)]
    const connect = (): Socket => connectTcp(port, host)
    const world = await ticketWorld(family, { allow: EVERYWHERE, connect })
    expect(await world.outcome(world.sign({ targets: [`${inUrl(family.far[0])}:30303`] }))).toBe(DECLINED)
    expect(world.dialed).toHaveLength(1)
    await expect.poll(() => real.accepted.length).toBe(1)
    expect(real.accepted[0]!.bytesRead).toBe(0)
  })

  it('follows no name to this machine: a CNAME to localhost', async () => {
    const server = await serveLocalhost(family.name === 'IPv4')
    const world = await ticketWorld(family, { allow: EVERYWHERE, resolve: dnsResolver([server]) })
    const name = { targets: ['geth.example:30303'] }
    expect(await world.outcome(world.sign(name))).toBe(DECLINED)
    expect(world.dialed).toEqual([])
    const open = await ticketWorld(family, { resolve: dnsResolver([server]) })
    const { port } = new URL(`tcp://${open.target}`)
    expect(await open.outcome(open.sign({ targets: [`geth.example:${port}`] }))).toContain(THROUGH)
    expect(await open.outcome(open.sign({ targets: [`none.example:${port}`] }))).toBe(
      "4502 target; the target's name has no address",
    )
  })

  it('gives up on a name that is not found in time', async () => {
    const asked: AbortSignal[] = []
    const resolve = (_: string, signal: AbortSignal): Promise<string[]> => {
      asked.push(signal)
      return new Promise(() => undefined)
    }
    const world = await ticketWorld(family, { resolve, held: (delayMs) => delayMs === 2_000 })
    const end = world.outcome(world.sign({ targets: [`geth.example:${new URL(`tcp://${world.target}`).port}`] }))
    await expect.poll(() => asked.length).toBe(1)
    world.fire()
    expect(asked[0]!.aborted).toBe(true)
    expect(await end).toBe("4504 no answer; the target's name was not found within 2000 ms")
  })

  it('takes no other spelling of a target', async () => {
    const world = await ticketWorld(family, { allow: EVERYWHERE, resolve: async () => ['9.9.9.9'] })
    const forms = [
      '0177.0.0.1',
      '2130706433',
      '127.1',
      '0x7f000001',
      'localhost.',
      'LOCALHOST',
      'user@geth',
      '[fe80::1%lo]',
    ]
    const ends = await outcomesOf(world, [...forms.map((form) => `${form}:30303`), 'geth', 'geth:0', ''])
    expect(new Set(ends)).toEqual(
      new Set(['4403 declined; retry=300; what the ticket names is no host:port in plain form']),
    )
    expect(await world.outcome(signUnseen(['[::ffff:7f00:1]:30303']))).toBe(DECLINED)
    expect(await world.outcome(signUnseen(['9.9.9.9:22']))).toBe(DECLINED)
    expect(world.dialed).toEqual([])
  })

  it('leads to an address of its own only by a rule for that one', async () => {
    const [far, near] = family.far
    const connect = (): Socket => connectTcp(1, '127.0.0.1')
    const world = await ticketWorld(family, { allow: EVERYWHERE, ownAddresses: [far], connect })
    const to = (ip: string) => world.sign({ targets: [`${inUrl(ip)}:30303`] })
    expect(await world.outcome(to(far))).toBe(DECLINED)
    expect(await world.outcome(to(near))).toMatch(/^4502/)
    expect(world.dialed).toEqual([`${inUrl(near)}:30303`])
    const listed = await ticketWorld(family, { allow: [`${inUrl(far)}:30303`], ownAddresses: [far], connect })
    expect(await listed.outcome(to(far))).toMatch(/^4502/)
  })

  it('tells what is wrong with a ticket', async () => {
    const world = await ticketWorld(family)
    const ticket = world.sign({ links: 1 })
    const altered = ticket.slice(0, -1) + (ticket.endsWith('A') ? 'E' : 'A')
    expect(await world.outcome(altered)).toMatch(/^4401 unknown pass; /)
    expect(await world.outcome(world.sign({ key: new Uint8Array(32).fill(9) }))).toBe(
      '4401 unknown pass; no key of this relay has signed the ticket',
    )
    const elsewhere = `wss://${'cd'.repeat(64)}@relay.example/`
    expect(await world.outcome(world.sign({ relay: elsewhere }))).toBe(
      '4401 unknown pass; the ticket is for another relay',
    )
    const past = { ...systemClock, wallNow: () => systemClock.wallNow() - 120_000 }
    expect(await world.outcome(world.sign({ clock: past }))).toBe('4401 unknown pass; the ticket has ended')
    const ahead = { ...systemClock, wallNow: () => systemClock.wallNow() + 120_000 }
    expect(await world.outcome(world.sign({ clock: ahead }))).toBe('4401 unknown pass; the ticket is not valid yet')
    expect(await world.outcome('chat.2')).toBe('4401 unknown pass; a ticket must be shown')
    expect(await world.outcome(ticket, { index: 1 })).toBe('4404 absent; retry=300; the ticket names no such target')
    expect(world.dialed).toEqual([])
    expect(await world.outcome(ticket)).toContain(THROUGH)
    expect(await world.outcome(ticket)).toBe('4401 unknown pass; the ticket was used already')
    expect(world.dialed).toHaveLength(1)
  })

  it.each([
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
    ['SMTP', 'EHLO relay.example\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['TLS', '\u0016\u0003\u0001\u0002\u0000\u0001'],
    ['a size of 281', `\u0001\u0019\u0004${'x'.repeat(279)}`],
    ['a size of 2,049', `\u0008\u0001\u0004${'x'.repeat(2_047)}`],
    ['no point', `\u0001\u002c\u0003${'x'.repeat(299)}`],
    ['a point that is compressed', `\u0001\u002c\u0002${'x'.repeat(299)}`],
  ])('dials nobody for %s', async (_, first) => {
    const world = await ticketWorld(family)
    const end = await world.outcome(world.sign(), { first: Buffer.from(first, 'latin1') })
    expect(end).toBe('4400 bad request; retry=300; an RLPx handshake (EIP-8) must come first')
    expect([world.dialed, world.accepted]).toEqual([[], []])
  })

  it('dials nobody for who takes more than his time over a handshake', async () => {
    const world = await ticketWorld(family, { held: (delayMs) => delayMs === 5_000 })
    const ws = world.visit(world.sign(), { first: AUTH.subarray(0, 1) })
    const end = closed(ws)
    await new Promise((resolve) => ws.once('open', resolve))
    for (let at = 1; at < AUTH.length - 1; at++) ws.send(AUTH.subarray(at, at + 1))
    await new Promise((resolve) => ws.once('pong', resolve).ping())
    world.fire()
    expect(await end).toBe('4408 idle; no whole handshake within 5000 ms')
    expect(world.dialed).toEqual([])
  })

  it('counts visitors by what a trusted proxy says, and by nothing that others do', async () => {
    const from = (address: string) => ({ headers: { 'x-forwarded-for': address } })
    const limits = { ticketLinksPerPrefix: 1 }
    const forged = await ticketWorld(family, { prefixes: BY_ADDRESS, limits })
    await forged.link(forged.sign(), from('203.0.114.1'))
    expect(await forged.outcome(forged.sign(), from('203.0.114.2'))).toBe('4429 full; your network has 1 links already')
    const trusted = await ticketWorld(family, { prefixes: BY_ADDRESS, limits, trust: true })
    await trusted.link(trusted.sign(), from('203.0.114.1'))
    await trusted.link(trusted.sign(), from('[2001:4860::1]:443'))
    expect(await trusted.outcome(trusted.sign(), from('203.0.114.1'))).toMatch(/^4429 full; your network/)
  })

  it('lets a ticket say which pages show it, and the list of the relay where it does not', async () => {
    const world = await ticketWorld(family)
    const app = 'https://app.example'
    const bound = world.sign({ origin: app })
    for (const headers of [
      {},
      { origin: 'null' },
      { origin: 'https://other.example' },
      { origin: 'http://app.example' },
    ]) {
      expect(await world.outcome(bound, { headers })).toBe(
        '4403 origin; retry=300; the ticket is for pages of another origin',
      )
    }
    expect(await world.outcome(bound, { headers: { origin: app } })).toContain(THROUGH)
    const free = world.sign()
    expect(await world.outcome(free, { headers: { origin: app } })).toBe(
      '4403 origin; retry=300; pages of this origin may not connect',
    )
    expect(await world.outcome(free)).toContain(THROUGH)
    const listed = await ticketWorld(family, { origins: [app] })
    expect(await listed.outcome(listed.sign(), { headers: { origin: app } })).toContain(THROUGH)
  })

  it('writes neither a ticket nor what it carries into its log', async () => {
    const world = await ticketWorld(family)
    const ticket = world.sign({ links: 1 })
    await world.outcome(ticket)
    await world.outcome(ticket)
    await world.outcome(world.sign(), { first: Buffer.from('GET /secret') })
    const closedPort = await ticketWorld(family, { connect: () => connectTcp(1, '127.0.0.1') })
    const failing = closedPort.sign()
    await closedPort.outcome(failing)
    const lines = [...world.logged, ...closedPort.logged]
    expect(lines.filter((line) => line.includes('Bridge link closed'))).toHaveLength(1)
    for (const text of [ticket, failing]) {
      const nonce = toHex(Buffer.from(text.slice(4), 'base64url').subarray(-48, -32))
      for (const part of ['pw1', text.slice(4, 60), text.slice(-40), nonce, 'secret', 'eeee', '7,7,7']) {
        expect(lines.filter((line) => line.includes(part))).toEqual([])
      }
    }
  })
})

/** A DNS server of this test: `geth.example` is another name of localhost; gives its address. */
async function serveLocalhost(isIpv4: boolean): Promise<string> {
  const server = createSocket('udp4')
  server.on('message', (packet, from) => server.send(answerTo(packet, isIpv4), from.port, from.address))
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `127.0.0.1:${server.address().port}`
}

function answerTo(packet: Buffer, isIpv4: boolean): Buffer {
  const end = packet.indexOf(0, 12) + 5
  const question = packet.subarray(12, end)
  const type = packet.readUInt16BE(end - 4)
  const isKnown = question.toString('latin1').includes('geth')
  const hasAddress = isKnown && type === (isIpv4 ? 1 : 28)
  const counts = Buffer.from([0, 1, 0, isKnown ? (hasAddress ? 2 : 1) : 0, 0, 0, 0, 0])
  const flags = Buffer.from([0x84, isKnown ? 0 : 3])
  const localhost = Buffer.from('\u0009localhost\u0000', 'latin1')
  const address = isIpv4 ? Buffer.from([127, 0, 0, 1]) : Buffer.from(fromHex(`${'00'.repeat(15)}01`))
  const answers = [recordOf(Buffer.from([0xc0, 12]), 5, localhost), recordOf(localhost, type, address)]
  const shown = isKnown ? answers.slice(0, hasAddress ? 2 : 1) : []
  return Buffer.concat([packet.subarray(0, 2), flags, counts, question, ...shown])
}

function recordOf(name: Buffer, type: number, data: Buffer): Buffer {
  return Buffer.concat([name, Buffer.from([0, type, 0, 1, 0, 0, 0, 0, 0, data.length]), data])
}
