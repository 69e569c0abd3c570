// Datagrams in memory: lost and delayed as the test wants, under its clock.
import type { Clock, Random } from '@peerwire/core'
import type { DatagramSink, DatagramSocket, UdpEndpoint } from '../src/discv4/socket.ts'

export interface DatagramNetworkOptions {
  readonly clock: Clock
  readonly random: Random
  /** Milliseconds on the way, from the least to the most. */
  readonly delayMs?: readonly [least: number, most: number]
}

export interface DatagramNetwork {
  /** Share of datagrams that are lost, 0 to 1; may be changed at any time. */
  loss: number
  /** Told of every datagram that is sent, also of those that nobody gets. */
  onSend: ((bytes: Uint8Array, from: UdpEndpoint, to: UdpEndpoint) => void) | undefined
  /** Binds an address. @throws {Error} when it is taken */
  bind(host: string, port?: number): DatagramSocket
  /** Sends as if from anywhere: who receives can't tell. */
  forge(bytes: Uint8Array, from: UdpEndpoint, to: UdpEndpoint): void
}

export function createDatagramNetwork({ clock, random, delayMs = [5, 50] }: DatagramNetworkOptions): DatagramNetwork {
  const sinks = new Map<string, DatagramSink | undefined>()
  const nameOf = ({ host, port }: UdpEndpoint): string => `${host} ${port}`
  const chance = (): number => random.uint32() / 0x1_0000_0000
  const carry = (bytes: Uint8Array, from: UdpEndpoint, to: UdpEndpoint): void => {
    network.onSend?.(bytes, from, to)
    if (network.loss > 0 && chance() < network.loss) return
    const copy = bytes.slice()
    const [least, most] = delayMs
    clock.setTimer(least + Math.floor(chance() * (most - least)), () => sinks.get(nameOf(to))?.(copy, from))
  }
  const network: DatagramNetwork = {
    loss: 0,
    onSend: undefined,
    forge: carry,
    bind: (host, port = 30303) => {
      const local = { host, port }
      const name = nameOf(local)
      if (sinks.has(name)) throw new Error(`${name} is taken`)
      sinks.set(name, undefined)
      return {
        local,
        open: (sink) => void sinks.set(name, sink),
        send: (bytes, to) => void (sinks.has(name) && carry(bytes, local, to)),
        close: async () => void sinks.delete(name),
      }
    },
  }
  return network
}
