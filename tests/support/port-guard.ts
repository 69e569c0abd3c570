// Fails a test that names a port which the system may have given to somebody else; runs before every test file.
import { Socket as DatagramSocket } from 'node:dgram'
import { Server, Socket } from 'node:net'
import { isEphemeral } from './ports.ts'

const ADVICE = 'the system may have given it to somebody else: take one of claimPort() (tests/support/ports.ts)'

/** Ports that the system gave to sockets of this process. */
interface GivenPorts {
  readonly held: Map<object, number>
  /** Given back: the next to ask may have them. */
  readonly back: Set<number>
}

/** One for all copies of this file: what they guard is there once. */
const given: GivenPorts = ((globalThis as { peerwireGivenPorts?: GivenPorts }).peerwireGivenPorts ??= install())
// What files before this one gave back, the system may long have given to a program that this file starts.
given.back.clear()

/** Whether a listener of this process had `port` from the system and closed. */
export function isGivenBack(port: number): boolean {
  return given.back.has(port)
}

/** Takes every port that a program of a test names as that program's: the system gave it there what we gave back. */
export function noteNamedPorts(text: string): void {
  for (const [, port] of text.matchAll(/:(\d{4,5})(?!\d)/g)) given.back.delete(Number(port))
}

/** @throws {Error} when the system gives `port` away and no listener of this process has it */
export function refuseGivenPort(port: number): void {
  if (isEphemeral(port) && ![...given.held.values()].includes(port)) throw refusal(port)
}

function install(): GivenPorts {
  const held = new Map<object, number>()
  const back = new Set<number>()
  const listening = (socket: Server | DatagramSocket, port: number): void => {
    // What this process has it may name, for example to see that it is taken.
    if (port !== 0) {
      refuseGivenPort(port)
      return
    }
    socket.once('listening', () => {
      const address = socket.address()
      if (typeof address !== 'object' || address === null) return
      held.set(socket, address.port)
      back.delete(address.port)
    })
  }
  const closing = (socket: object): void => {
    const port = held.get(socket)
    if (port !== undefined) back.add(port)
    held.delete(socket)
  }
  const connecting = (_: Socket, port: number): void => {
    if (back.has(port)) throw refusal(port)
  }
  before(Server.prototype, 'listen', listening)
  before(DatagramSocket.prototype, 'bind', listening)
  before(Server.prototype, 'close', closing)
  before(DatagramSocket.prototype, 'close', closing)
  before(Socket.prototype, 'connect', connecting)
  return { held, back }
}

function refusal(port: number): Error {
  return new Error(`a test names port ${port}, and ${ADVICE}`)
}

/** Lets `look` see every call of a method, with the port among its arguments; what it throws is thrown. */
function before<Self extends object>(prototype: Self, method: string, look: (self: Self, port: number) => void): void {
  const original = Reflect.get(prototype, method) as (...args: unknown[]) => unknown
  Reflect.set(prototype, method, function guarded(this: Self, ...args: unknown[]): unknown {
    look(this, portOf(args))
    return original.apply(this, args)
  })
}

/** The port of `listen(port)`, `listen({ port })`, or of the one array into which Node has put them. */
function portOf(args: readonly unknown[]): number {
  const [first] = Array.isArray(args[0]) ? (args[0] as readonly unknown[]) : args
  const port = typeof first === 'object' && first !== null ? (first as { readonly port?: unknown }).port : first
  return Number(port ?? 0) || 0
}
