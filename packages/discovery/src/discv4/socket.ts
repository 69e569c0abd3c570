// What discovery needs of UDP: injected, so that tests own the network and browsers need none.

/** Where a datagram comes from or goes to. */
export interface UdpEndpoint {
  /** An IP address as text; IPv4 in its own form, also where it came through an IPv6 socket. */
  readonly host: string
  readonly port: number
}

/** Called for each datagram; the bytes are the receiver's until it returns. */
export type DatagramSink = (bytes: Uint8Array, from: UdpEndpoint) => void

export interface DatagramSocket {
  /** Where it is bound. */
  readonly local: UdpEndpoint
  /** Begins to receive; once. */
  open(sink: DatagramSink): void
  /** Sends, or drops: nobody hears of it, as with every datagram. */
  send(bytes: Uint8Array, to: UdpEndpoint): void
  /** The address of a name; `undefined` when there is none. A socket that can't look names up has no such method. */
  lookup?(name: string): Promise<string | undefined>
  close(): Promise<void>
}

/** Opens a socket near the given endpoint, which is where others would look for it. @throws {Error} one sentence */
export type OpenDatagramSocket = (near: UdpEndpoint) => Promise<DatagramSocket>
