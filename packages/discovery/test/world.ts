// Many nodes of discovery in one process, under one clock.
import { generatePrivateKey, seededRandom, silentLogger } from '@peerwire/core'
import type { PrefixPolicy, Random } from '@peerwire/core'
import { createManualClock, drainMicrotasks } from '@peerwire/core/testing'
import type { ManualClock } from '@peerwire/core/testing'
import { createDiscv4 } from '../src/discv4/discv4.ts'
import type { Discv4, Discv4Options } from '../src/discv4/discv4.ts'
import { formatNodeUrl } from '../src/records/node-url.ts'
import { createDatagramNetwork } from './datagram-network.ts'
import type { DatagramNetwork } from './datagram-network.ts'
import { shamCrypto } from './sham-crypto.ts'

export interface WorldNode {
  readonly discv4: Discv4
  readonly privateKey: Uint8Array
  readonly publicKey: Uint8Array
  /** `enode://…` of its socket. */
  readonly url: string
}

export interface World {
  readonly clock: ManualClock
  readonly random: Random
  readonly network: DatagramNetwork
  readonly nodes: readonly WorldNode[]
  /** Makes a node at this address and starts it. */
  add(host: string, options?: Partial<Discv4Options> & { readonly port?: number }): Promise<WorldNode>
  /** Waits for a promise while time passes. */
  until<T>(promise: Promise<T>): Promise<T>
  close(): Promise<void>
}

/** @param crypto - real cryptography for few nodes; without it the stand-in for simulations */
export function createWorld(seed: number, crypto: Discv4Options['crypto'] = shamCrypto): World {
  const clock = createManualClock()
  const random = seededRandom(seed)
  const network = createDatagramNetwork({ clock, random })
  const nodes: WorldNode[] = []
  return {
    clock,
    random,
    network,
    nodes,
    add: async (host, { port = 30303, ...options } = {}) => {
      const privateKey = options.privateKey ?? generatePrivateKey(random)
      const socket = network.bind(host, port)
      const base = { clock, random, crypto, logger: silentLogger, prefixes: textPrefixes, tcp: () => port }
      const discv4 = createDiscv4({ ...base, ...options, privateKey, socket })
      const publicKey = crypto.publicKeyOf(privateKey)
      const node = { discv4, privateKey, publicKey, url: formatNodeUrl({ publicKey, host, tcp: port, udp: port }) }
      nodes.push(node)
      await discv4.start()
      return node
    },
    until: (promise) => passUntil(clock, promise),
    close: async () => {
      await Promise.all(nodes.map(({ discv4 }) => discv4.close()))
    },
  }
}

/** Steps in which time passes: what happens within one needs no promise, so it costs no turn of the event loop. */
const STEP_MS = 10
const PATIENCE_MS = 60_000

async function passUntil<T>(clock: ManualClock, promise: Promise<T>): Promise<T> {
  let settled = false
  const mark = (): void => void (settled = true)
  promise.then(mark, mark)
  for (let passedMs = 0; !settled && passedMs < PATIENCE_MS; passedMs += STEP_MS) {
    clock.advance(STEP_MS)
    await drainMicrotasks()
  }
  if (!settled) throw new Error(`nothing happened within ${PATIENCE_MS} ms of virtual time`)
  return await promise
}

/** Prefixes of IPv4 text, /24, cheaply; nobody is exempt. */
export const textPrefixes: PrefixPolicy = { prefixOf: (address) => address.slice(0, address.lastIndexOf('.')) }

/** A routable address of its own /24 for each number. */
export function hostOf(index: number): string {
  return `${20 + (index >> 14)}.${(index >> 7) & 127}.${index & 127}.9`
}
