// What only the TCP transport has: addresses, resets, ports and what is said of a failure.
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { createManualClock } from '@peerwire/core/testing'
import { type Clock, systemClock } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { describe, expect, it, onTestFinished } from 'vitest'
import { claimPort } from '../support/ports.ts'
import { failureOf, listen, openRaw, record } from './support.ts'

async function serve(address: string | readonly string[] = 'tcp://127.0.0.1:0') {
  return await listen(tcp({ listen: address }))
}

describe('TCP links', () => {
  it('say where the remote is', async () => {
    const { endpoint, next } = await serve()
    const accepted = next()
    const { link } = record(await tcp().dial(endpoint))
    expect(link.remoteAddress).toBe(`127.0.0.1:${endpoint.port}`)
    expect((await accepted).remoteAddress).toMatch(/^127\.0\.0\.1:\d+$/)
  })

  it('write IPv4 as IPv4 also where the socket is IPv6, and IPv6 in brackets', async () => {
    const { endpoint, next } = await serve('tcp://[::]:0').catch(() => ({ endpoint: undefined, next: undefined }))
    // A machine without IPv6 has nothing to show here.
    if (!endpoint || !next) return
    const mapped = next()
    record(await tcp().dial({ ...endpoint, host: '127.0.0.1' }))
    expect((await mapped).remoteAddress).toMatch(/^127\.0\.0\.1:\d+$/)
    const plain = next()
    const { link } = record(await tcp().dial({ ...endpoint, host: '::1' }))
    expect(link.remoteAddress).toBe(`[::1]:${endpoint.port}`)
    expect((await plain).remoteAddress).toMatch(/^\[::1\]:\d+$/)
  })

  it('a reset is a lost link, with the cause', async () => {
    const { endpoint, next } = await serve()
    const accepted = next()
    const { socket } = await openRaw(endpoint)
    const { ended } = record(await accepted)
    socket.resetAndDestroy()
    expect(await ended).toMatchObject({
      code: 'link lost',
      message: 'the remote reset the connection',
      cause: { code: 'ECONNRESET' },
    })
  })

  it('a remote that ends its half ends the link in order, after its bytes', async () => {
    const { endpoint, next } = await serve()
    const accepted = next()
    const { socket } = await openRaw(endpoint)
    const { ended, received } = record(await accepted)
    socket.end('the last words')
    expect(await ended).toBeUndefined()
    expect((await received(14)).toString()).toBe('the last words')
  })

  it('close gives up on a remote that never ends its half after 5 s', async () => {
    const clock = createManualClock()
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => undefined).resume())
    onTestFinished(() => void server.close())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const { link, ended } = record(await tcp({ clock }).dial({ scheme: 'tcp', host: '127.0.0.1', port }))
    link.close()
    expect(clock.nextTimerAt).toBe(5_000)
    clock.advance(5_000)
    expect(await ended).toBeUndefined()
    expect(clock.pendingTimers).toBe(0)
  })

  it('close reads on, so that what was sent last is not overtaken by a reset', async () => {
    const { endpoint, next } = await serve()
    const accepted = next()
    const { socket, answer } = await openRaw(endpoint)
    socket.write(new Uint8Array(2_000_000))
    const { link } = record(await accepted)
    link.write(new TextEncoder().encode('goodbye'))
    link.close()
    socket.on('end', () => socket.destroy())
    expect(await answer).toBe('goodbye')
  })
})

describe('TCP links whose turn of the loop is always over', () => {
  // Each look at the clock is 10 ms after the last one.
  function hasty(): Clock {
    let looks = 0
    return { ...systemClock, now: () => ++looks * 10 }
  }

  async function connectMany() {
    const { endpoint, next } = await listen(tcp({ listen: 'tcp://127.0.0.1:0', clock: hasty() }))
    const many = []
    for (let i = 0; i < 5; i++) {
      const accepted = next()
      const { socket } = await openRaw(endpoint)
      many.push({ socket, ...record(await accepted) })
    }
    return many
  }

  it.each([1, 2, 9, 100])('give all bytes in order, in %d writes, and then the end', async (writes) => {
    const many = await connectMany()
    const words = Array.from({ length: writes }, (_, i) => `${i},`.padEnd(1 + 100 * (i % 90), '.'))
    for (const word of words) for (const { socket } of many) socket.write(word)
    for (const { socket } of many) socket.end('end')
    const sent = `${words.join('')}end`
    for (const { received, ended } of many) {
      expect(await ended).toBeUndefined()
      expect((await received(sent.length)).toString()).toBe(sent)
    }
  })

  it('that pause at the first chunk get nothing more until they resume', async () => {
    const many = await connectMany()
    const seen = many.map(() => '')
    const ends = many.map(({ chunks, link, ended }, i) => {
      chunks.push = (chunk) => {
        seen[i] += Buffer.from(chunk).toString()
        link.pause()
        setImmediate(() => {
          seen[i] += '|'
          link.resume()
        })
        return 0
      }
      return ended
    })
    for (let piece = 0; piece < 4; piece++) {
      for (const { socket } of many) socket.write('abc')
      await new Promise((resolve) => setImmediate(resolve))
    }
    for (const { socket } of many) socket.end()
    await Promise.all(ends)
    for (const text of seen) {
      expect(text).toMatch(/^((abc)+\|)+$/)
      expect(text.replaceAll('|', '')).toBe('abcabcabcabc')
    }
  })
})

describe('TCP listeners', () => {
  it('closing frees the port at once, and links that were accepted live on', async () => {
    const address = `tcp://127.0.0.1:${await claimPort()}`
    const { endpoint, listener, next } = await serve(address)
    const accepted = next()
    const dialed = record(await tcp().dial(endpoint))
    const { received } = record(await accepted)
    await Promise.all([listener.close(), listener.close()])
    expect((await serve(address)).endpoint).toEqual(endpoint)
    dialed.link.write(new Uint8Array([1, 2, 3]))
    expect([...(await received(3))]).toEqual([1, 2, 3])
  })

  it('a taken address is one sentence that names it, and the listeners opened before it are closed', async () => {
    const taken = await serve()
    const [first, second] = [await claimPort(), taken.endpoint.port].map((port) => `tcp://127.0.0.1:${port}`)
    const error = await failureOf(serve([first!, second!]))
    expect(error.message).toBe(`cannot listen on ${second}: the address is taken`)
    await serve(first)
  })

  it('an address that is not of this machine is one sentence that names it', async () => {
    const error = await failureOf(serve('tcp://203.0.113.1:0'))
    expect(error.message).toBe('cannot listen on tcp://203.0.113.1:0: this machine has no such address')
  })

  it('an endpoint of another kind is a TypeError', () => {
    expect(() => tcp({ listen: 'ws://127.0.0.1:1/' })).toThrow(
      new TypeError('not a TCP endpoint (tcp://host:port): ws://127.0.0.1:1/'),
    )
  })
})

describe('a TCP dial that fails', () => {
  it('says that nobody listens', async () => {
    const endpoint = { scheme: 'tcp', host: '127.0.0.1', port: await claimPort() }
    const error = await failureOf(tcp().dial(endpoint))
    expect(error).toMatchObject({ code: 'dial failed', cause: { code: 'ECONNREFUSED' } })
    expect(error.message).toBe(`tcp://127.0.0.1:${endpoint.port} refused the connection: nobody listens there`)
  })
})
