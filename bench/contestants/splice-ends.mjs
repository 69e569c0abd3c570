// Both ends of links through a relay, on bare sockets, so that they cost little: what is measured is the relay.
import { createServer, connect } from 'node:net'
import { once } from 'node:events'
import { serve } from '../lib/serve.mjs'

/** What one write holds at least, made of whole messages. */
const BLOCK_BYTES = 65_536
const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d])
const ECHO_BYTES = 100
const ECHO = frameOf(Buffer.alloc(ECHO_BYTES, 5))
const CLOSE = frameOf(Buffer.from([0x03, 0xe8]), 0x88)

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** What each accepted TCP connection is for. */
let accept = () => undefined
const target = createServer((socket) => {
  socket.setNoDelay(true).on('error', () => undefined)
  accept(socket)
})
target.listen(0, '127.0.0.1')
await once(target, 'listening')
let links = 0

await serve({
  describe: () => ({}),
  target: () => ({ target: target.address().port }),

  /** Saturates links one way; when told so counts bytes of payload that come through each in `ms`. */
  async stream({ port, tcp, messageBytes, count = 1, ms, greedy = 1 }, { next, say }) {
    const open = await openLinks(port, tcp, count)
    const block = blockOf(messageBytes)
    open.forEach(({ from }, i) => saturate(from, block, i === 0 ? greedy : 1))
    await wait(ms)
    say({ warm: true })
    await next()
    const start = open.map(({ counter }) => counter.bytes)
    await wait(ms)
    const bytes = open.map(({ counter }, i) => counter.bytes - start[i])
    say({ bytes })
    await next()
    closeAll(open)
    return {}
  },

  /** Opens links, says 100 bytes, hears them again, closes; some at once. */
  async churn({ port, tcp, count, atOnce }) {
    let left = count
    const worker = async () => {
      while (left-- > 0) {
        const [link] = await openLinks(port, tcp, 1, true)
        await echo(link)
        link.from.write(CLOSE)
        await Promise.all([once(link.from, 'close'), once(link.to, 'close')])
      }
    }
    await Promise.all(Array.from({ length: atOnce }, worker))
    return { count }
  },

  /** How long 100 bytes take through the relay and back, in ms, one after the other. */
  async trips({ port, tcp, count }) {
    const [link] = await openLinks(port, tcp, 1, true)
    const found = []
    for (let i = 0; i < count; i++) {
      const start = performance.now()
      await echo(link)
      found.push(performance.now() - start)
      await wait(5)
    }
    closeAll([link])
    return { ms: found.toSorted((a, b) => a - b) }
  },

  /** Floods through so many links with messages of one byte, until told to end. */
  async flood({ port, tcp, count }, { next, say }) {
    const open = await openLinks(port, tcp, count)
    const block = blockOf(1)
    for (const { from } of open) saturate(from, block, 1)
    say({ flooding: count })
    await next()
    closeAll(open)
    return {}
  },

  /** Links of which one end reads nothing, with `back` the first: idle at first, and full when told so. */
  async stalled({ port, tcp, count, back }, { next, say }) {
    const open = await openLinks(port, tcp, count)
    say({ open: count })
    await next()
    const block = back ? Buffer.alloc(BLOCK_BYTES) : blockOf(16_384)
    for (const { from, to } of open) {
      const [writer, reader] = back ? [to, from] : [from, to]
      reader.pause()
      saturate(writer, block, 1)
    }
    await wait(2_000)
    say({ full: count })
    await next()
    closeAll(open)
    return {}
  },
})

/** Links from a WebSocket to TCP, or to a second WebSocket. With `echoes` the other end says what it hears. */
async function openLinks(port, tcp, count, echoes = false) {
  const open = []
  for (let i = 0; i < count; i++) {
    const path = tcp ? '/bridge/x' : `/pair/${process.pid}-${links++}`
    const accepted = tcp && new Promise((resolve) => (accept = resolve))
    const from = await openWebSocket(port, path)
    const to = tcp ? await accepted : await openWebSocket(port, path)
    const counter = createCounter(!tcp, () => to.write(CLOSE))
    to.on('data', (chunk) => {
      counter.add(chunk)
      if (echoes) to.write(tcp ? chunk : frameOf(chunk.subarray(2)))
    })
    const back = createCounter(true)
    from.on('data', (chunk) => back.add(chunk))
    open.push({ from, to, counter, back })
  }
  return open
}

function closeAll(open) {
  for (const { from, to } of open) {
    from.destroy()
    to.destroy()
  }
}

async function openWebSocket(port, path) {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  socket.on('error', () => undefined)
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n' +
      'Sec-WebSocket-Protocol: peerwire.1\r\n\r\n',
  )
  const [answer] = await once(socket, 'data')
  if (!answer.toString('latin1').startsWith('HTTP/1.1 101')) throw new Error(answer.toString('latin1'))
  return socket
}

async function echo({ from, back }) {
  const heard = back.reach(back.bytes + ECHO_BYTES)
  from.write(ECHO)
  await heard
}

/** Writes the block again and again, with `ahead` of it waiting in this process. */
function saturate(socket, block, ahead) {
  const more = () => {
    while (!socket.destroyed && socket.writableLength < ahead * block.length) socket.write(block, more)
  }
  more()
}

function frameOf(payload, first = 0x82) {
  const head =
    payload.length < 126
      ? Buffer.from([first, 0x80 | payload.length])
      : payload.length < 65_536
        ? Buffer.from([first, 0xfe, payload.length >>> 8, payload.length & 0xff])
        : Buffer.from([
            first,
            0xff,
            0,
            0,
            0,
            0,
            0,
            payload.length >>> 16,
            (payload.length >>> 8) & 0xff,
            payload.length & 0xff,
          ])
  return Buffer.concat([head, MASK, payload.map((byte, at) => byte ^ MASK[at & 3])])
}

function blockOf(messageBytes) {
  const frame = frameOf(Buffer.alloc(messageBytes, 7))
  return Buffer.concat(Array(Math.ceil(BLOCK_BYTES / frame.length)).fill(frame))
}

/** Counts payload; with `framed` of a server's frames, of which a close is told. */
function createCounter(framed, closed = () => undefined) {
  let wanted = Infinity
  let arrived = () => undefined
  let left = 0
  let head = Buffer.alloc(0)
  const counter = {
    bytes: 0,
    add(chunk) {
      if (framed) skipHeaders(chunk)
      else counter.bytes += chunk.length
      if (counter.bytes < wanted) return
      wanted = Infinity
      arrived()
    },
    reach(bytes) {
      wanted = bytes
      return new Promise((resolve) => (arrived = resolve))
    },
  }
  return counter

  function skipHeaders(chunk) {
    let at = 0
    while (at < chunk.length) {
      if (left > 0) {
        const take = Math.min(left, chunk.length - at)
        counter.bytes += take
        left -= take
        at += take
        continue
      }
      const rest = head.length > 0 ? Buffer.concat([head, chunk.subarray(at, at + 10)]) : chunk.subarray(at)
      const size = rest.length < 2 ? 99 : rest[1] < 126 ? 2 : rest[1] === 126 ? 4 : 10
      if (rest.length < size) {
        head = Buffer.from(rest)
        return
      }
      at += size - head.length
      head = Buffer.alloc(0)
      const length = size === 2 ? rest[1] : size === 4 ? rest.readUInt16BE(2) : rest.readUIntBE(4, 6)
      if (rest[0] === 0x82) left = length
      else at += length
      if (rest[0] === 0x88) closed()
    }
  }
}
