// Ports that a test may name: outside what the system gives away by itself, and claimed by one process at a time.
import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'

/** Ports of one kind, the last one included. */
interface PortRange {
  readonly first: number
  readonly last: number
}

const HOST = '127.0.0.1'
/** What most systems give to whoever asks for port 0, and to connections that go out. */
const IANA_EPHEMERAL: PortRange = { first: 49_152, last: 65_535 }
/** Where claims are made: above the ports of known services, below every usual ephemeral range and geth's 30303. */
const LOW: PortRange = { first: 12_000, last: 29_999 }
/** Where they are made on a machine that gives away the low ones, as some busy servers do. */
const HIGH: PortRange = { first: 61_000, last: 65_535 }
const MAX_TRIES = 200

/** The ports that this system gives away. */
export const ephemeral: PortRange = readEphemeral()

/**
 * Whether the system may give `port` to anybody at any moment. A test must not name such a port unless it has it: the
 * listener that got it by port 0 is still open.
 */
export function isEphemeral(port: number): boolean {
  return port >= ephemeral.first && port <= ephemeral.last
}

/**
 * A port of 127.0.0.1 where nobody listens, and nobody will unless the test does: to listen on, to close and to listen
 * on again, or to be refused at. It is ours until this process ends.
 *
 * The claim is a second port, as far away for everyone, on which this process listens: the system frees it even after
 * a crash, and no two tests of any process of this machine hold one.
 */
export async function claimPort(): Promise<number> {
  const { first, last } = ephemeral.first > LOW.last || ephemeral.last < LOW.first ? LOW : HIGH
  const half = Math.floor((last - first + 1) / 2)
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = first + Math.floor(Math.random() * half)
    // oxlint-disable-next-line no-await-in-loop -- one after the other: the first that is free will do
    if (await claim(port, port + half)) return port
  }
  throw new Error(`no port from ${first} to ${last} is free`)
}

async function claim(port: number, guard: number): Promise<boolean> {
  const held = await tryListen(guard)
  if (!held) return false
  // Somebody who makes no claims may have it.
  const looked = await tryListen(port)
  await new Promise((resolve) => (looked ?? held).close(resolve))
  if (looked) held.unref()
  return looked !== undefined
}

async function tryListen(port: number): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy())
  return await new Promise((resolve) => {
    server.once('error', () => resolve(undefined))
    server.listen({ port, host: HOST, exclusive: true }, () => resolve(server))
  })
}

function readEphemeral(): PortRange {
  try {
    const text = readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    const [first, last] = text.trim().split(/\s+/).map(Number)
    return { first: first!, last: last! }
  } catch {
    return IANA_EPHEMERAL
  }
}
