// How much a ticket allows, and what is left of its links: over real sockets, by IPv4 and by IPv6.
import { DEFAULT_BRIDGE_LIMITS } from 'peerwire'
import { describe, expect, it } from 'vitest'
import { rounds } from '../support/counts.ts'
import { AUTH, closed, FAMILIES, ticketWorld } from './support/ticket-world.ts'

/** What a link may hold in our memory while its target doesn't read. */
const LINK_BYTES = 131_072
/** More than the buffers of both connections. */
const OFFERED_BYTES = 64 * 1024 * 1024
const CHUNK = Buffer.alloc(65_536)

describe.each(FAMILIES)('a ticket by $name', (family) => {
  it('is good for so many links, whatever became of them', async () => {
    const world = await ticketWorld(family)
    const ticket = world.sign({ links: 3 })
    await world.outcome(ticket, { first: Buffer.from('GET /') })
    const { ws } = await world.link(ticket)
    await world.link(ticket)
    expect(await world.outcome(ticket)).toBe('4401 unknown pass; the ticket was used 3 times already')
    expect([ws.readyState, world.dialed.length]).toEqual([ws.OPEN, 2])
  })

  it('is good for so many bytes of all its links, both ways, and not for one more', async () => {
    const world = await ticketWorld(family)
    const bytes = 2 * AUTH.length + 100
    const ticket = world.sign({ bytes, links: 3 })
    const first = await world.link(ticket)
    const second = await world.link(ticket)
    let came = 0
    second.socket.on('data', (chunk: Buffer) => (came += chunk.length)).resume()
    first.ws.send(Buffer.alloc(40))
    let back = 0
    second.ws.on('message', (data: Buffer) => (back += data.length))
    second.socket.write(Buffer.alloc(30))
    await expect.poll(() => back).toBe(30)
    first.socket.resume()
    await expect.poll(() => first.socket.bytesRead).toBe(AUTH.length + 40)
    second.ws.send(Buffer.alloc(30))
    await expect.poll(() => came).toBe(AUTH.length + 30)
    const ends = [first, second].map(({ ws }) => closed(ws))
    for (const { ws } of [first, second]) ws.send(Buffer.alloc(1))
    const over = `4429 full; the ticket's ${bytes} bytes are used up`
    expect(await Promise.all(ends)).toEqual([over, over])
    expect(await world.outcome(ticket)).toBe(`4401 unknown pass; the ticket's ${bytes} bytes are used up`)
    await expect.poll(() => world.bridge.links).toBe(0)
    expect([first.socket.bytesRead, second.socket.bytesRead]).toEqual([AUTH.length + 40, AUTH.length + 30])
  })

  it('is good for so many seconds of each link', async () => {
    const world = await ticketWorld(family, { held: (delayMs) => delayMs === 4_321_000 })
    const { ws } = await world.link(world.sign({ seconds: 4_321 }))
    const end = closed(ws)
    await expect.poll(() => world.logged.join()).toContain('Bridge link opened')
    world.fire()
    expect(await end).toBe('4429 full; the 4321 s of the link are over')
  })

  it('shares a network with all other links of it: 4 in all', async () => {
    const world = await ticketWorld(family, { prefixes: { prefixOf: () => 'everybody' } })
    for (let i = 0; i < 4; i++) await world.link(world.sign())
    expect(await world.outcome(world.sign())).toBe('4429 full; your network has 4 links already')
  })

  it('is held to its rate once the burst is used, and loses nothing', async () => {
    const others = [DEFAULT_BRIDGE_LIMITS.idleMs, 3_600_000]
    const isPause = (delayMs: number): boolean => delayMs > 10_000 && !others.includes(delayMs)
    const limits = { ticketRate: 100, ticketBurst: 1_000 }
    const world = await ticketWorld(family, { limits, held: isPause })
    const { ws, socket } = await world.link(world.sign())
    let came = 0
    socket.on('data', (chunk: Buffer) => (came += chunk.length)).resume()
    await expect.poll(() => came).toBe(AUTH.length)
    const calm = world.timers.size
    ws.send(Buffer.alloc(200_000))
    let pauses = 0
    await expect
      .poll(
        () => {
          pauses += world.timers.size > calm ? 1 : 0
          world.fire()
          return came
        },
        { interval: 5 },
      )
      .toBe(AUTH.length + 200_000)
    // Node reads at most 64 KiB at once.
    expect(pauses).toBeGreaterThanOrEqual(3)
  })

  it('holds back a tab whose target does not read, in little memory', async () => {
    const world = await ticketWorld(family, { limits: { ticketRate: 1e12, ticketBurst: 1e12 } })
    const { ws, socket } = await world.link(world.sign())
    for (let offered = 0; offered < OFFERED_BYTES; offered += CHUNK.length) ws.send(CHUNK)
    let before = -1
    const isStill = (): boolean => before === (before = ws.bufferedAmount)
    await expect.poll(isStill, { interval: 200 }).toBe(true)
    expect(ws.bufferedAmount).toBeGreaterThan(0)
    expect(world.made[0]!.writableLength).toBeLessThanOrEqual(LINK_BYTES)
    let came = 0
    socket.on('data', (chunk: Buffer) => (came += chunk.length)).resume()
    await expect.poll(() => came, { timeout: 20_000 }).toBe(AUTH.length + OFFERED_BYTES)
  })

  it('leaves no socket, timer or listener behind after many links', async () => {
    const limits = { ticketLinksPerPrefix: 100 }
    const world = await ticketWorld(family, { limits })
    const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length
    // Some of tests before this one may still be going.
    const before = sockets()
    const links = rounds(200, 1_000)
    for (let done = 0; done < links; done += 20) {
      const opened = await Promise.all(Array.from({ length: 20 }, () => world.link(world.sign())))
      const ends = opened.map(({ ws }) => closed(ws))
      const way = (done / 20) % 3
      for (const { ws, socket } of opened) {
        socket.resume()
        if (way === 0) ws.close()
        else if (way === 1) socket.destroy()
        else ws.terminate()
      }
      await Promise.all(ends)
    }
    await expect.poll(() => [world.bridge.links, world.timers.size, sockets() > before]).toEqual([0, 0, false])
    expect(world.made).toHaveLength(links)
    expect(world.made.filter(({ destroyed }) => !destroyed)).toEqual([])
  })
})
