// What a node that listens needs, as one file to load: its listeners, who comes in, and what is ready for that.
import { within } from './within.ts'
import type { KeyPair } from '../rlpx/keys.ts'
import { formatAddress } from '../wire/address.ts'
import type { Link, Listener } from '../wire/link.ts'
import type { Connection } from './connection.ts'
import type { Connections, ConnectionsHost, Remote } from './connections.ts'
import { Door } from './door.ts'
import type { DoorEntry } from './door.ts'
import { Gate } from './gate.ts'
import { createSupplies } from './handshake-supplies.ts'
import type { HandshakeSupplies } from './handshake-supplies.ts'
import { Guests } from './guests.ts'

/** A link that is turned away before anything is known of it. */
const NOBODY: Remote = { direction: 'inbound', transport: '', endpoint: undefined, remote: undefined }

export class Listening {
  readonly door: Door
  readonly supplies: HandshakeSupplies
  readonly guests: Guests
  readonly #gate: Gate
  readonly #connections: Connections
  readonly #host: ConnectionsHost
  #listeners: readonly Listener[] = []
  #stopping: Promise<unknown> | undefined

  /** @param create - a key pair for a handshake; an import here would make a file of its own of it */
  constructor(connections: Connections, host: ConnectionsHost, create: () => KeyPair) {
    const { settings, anyTrusted, id } = host
    const { clock, limits, prefixes } = settings
    const { table } = connections
    this.#connections = connections
    this.#host = host
    this.#gate = new Gate(clock, limits, prefixes)
    this.supplies = createSupplies(settings, create)
    this.guests = new Guests({ settings, table, id, prefixes: this.#gate.prefixes })
    this.door = new Door(this.#gate, {
      settings,
      anyTrusted,
      enter: (link, transport, entry) => this.#enter(link, transport, entry),
      giveUp: (link, error) => {
        for (const connection of table.values()) if (connection.link === link) connection.fail(error)
      },
      failed: (remoteAddress, error) => connections.failed(error, NOBODY, remoteAddress),
    })
  }

  /** What others can dial, in the written form. */
  get addresses(): readonly string[] {
    const { publicKey } = this.#host
    return this.#listeners.map(({ endpoint }) => formatAddress({ publicKey, endpoint }))
  }

  /** Opens the listeners of all transports; what has been opened when the signal aborts is closed again. */
  async open(signal: AbortSignal): Promise<void> {
    const { publicKey, settings, note } = this.#host
    for (const transport of settings.transports) {
      if (!transport.listen || signal.aborted) continue
      const opened = await transport.listen({
        node: { publicKey, name: settings.name },
        ...this.door.handlers(transport),
        error: (error) => note(`listener of ${transport.name}`, error),
      })
      this.#listeners = [...this.#listeners, ...opened]
      if (signal.aborted) await Promise.all(opened.map((listener) => listener.close()))
    }
  }

  /** Takes no more links. */
  stop(): void {
    this.#stopping = Promise.all(this.#listeners.map((listener) => listener.close().catch(() => undefined)))
  }

  /** After everything else: forgets what was ready, and waits for the listeners, in bounds. */
  async close(): Promise<void> {
    const { clock, limits } = this.#host.settings
    await within(clock, limits.closeMs, Promise.resolve(this.#stopping)).catch(() => undefined)
  }

  /** Forgets what was ready. */
  forget(): void {
    this.#gate.close()
    this.door.close()
    this.supplies.close()
  }

  // A failure is reported as `setup:failed`.
  #enter(link: Link, transport: string, { leave, ...from }: DoorEntry): void {
    const entry = { ...from, proven: (connection: Connection) => this.#proven(connection) }
    const task = { link, transport, expected: undefined, entry, decided: leave }
    this.#connections.setUp(this.#connections.table.add('inbound', 'encryption'), task)
  }

  // The dialer is told, until that is decided.
  #proven(connection: Connection): void {
    if (connection.settled) return
    const { pending } = this.#host
    const name = { number: connection.number, id: connection.remote!.id }
    pending(name, true)
    connection.settled = () => {
      connection.settled = undefined
      pending(name, false)
    }
  }
}
