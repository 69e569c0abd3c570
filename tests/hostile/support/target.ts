// The node that is attacked: over TCP, with a protocol that decodes what strangers send, and an honest peer beside.
import {
  bytes,
  createNode,
  defineProtocol,
  equalBytes,
  generatePrivateKey,
  list,
  message,
  request,
  text,
  toHex,
} from '@peerwire/core'
import type { Node, NodeEvents, NodeLimits, NodeOptions, Peer, Removal, SetUpFailure } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { connectTo } from './attacker.ts'
import type { Attacker } from './attacker.ts'
import { Arrivals, within } from './wait.ts'

/** Most bytes of `small`, so that one past it is cheap. */
export const SMALL_BYTES = 1000
/** Most bytes of `big`: eth's limit. */
export const BIG_BYTES: number = 10 * 1024 * 1024

/** Code 7 is nobody's, and so is what lies past the length. */
export const protocol = defineProtocol({
  name: 'target',
  version: 1,
  length: 9,
  messages: {
    echo: request(0, bytes, 1, bytes),
    small: message(2, bytes, { maxBytes: SMALL_BYTES }),
    big: message(3, list(bytes), { maxBytes: BIG_BYTES }),
    act: message(4, text),
    ask: request(5, bytes, 6, bytes),
    /** No handler is given for it. */
    ignored: message(8, list(bytes), { maxBytes: BIG_BYTES }),
  },
})

export const CAPABILITIES = [{ name: 'target', version: 1 }] as const
/** Codes on the wire. */
export const Code = {
  echo: 16,
  echoed: 17,
  small: 18,
  big: 19,
  act: 20,
  nobodys: 23,
  ask: 21,
  asked: 22,
  ignored: 24,
  past: 25,
} as const

/** What `act` does, by its text; a test may add to it. */
export type Acts = Readonly<Record<string, (peer: Peer) => unknown>>

export interface TargetOptions extends Omit<Partial<NodeOptions>, 'limits'> {
  readonly limits?: Partial<NodeLimits>
  readonly acts?: Acts
}

export interface Target {
  readonly node: Node
  readonly address: string
  readonly port: number
  readonly failures: Arrivals<SetUpFailure>
  readonly removals: Arrivals<Removal>
  /** Messages of `small` and `big` that reached a handler. */
  readonly received: Arrivals<{ readonly name: string; readonly peer: Peer }>
  /** An open link and nothing else. */
  attack(): Promise<Attacker>
  /** With the encryption handshake done. */
  session(): Promise<Attacker>
  /** A peer. */
  greeted(options?: { readonly allowHalfOpen?: boolean }): Promise<Attacker>
  /** How the attacker's set-up failed. */
  failureOf(attacker: Attacker): Promise<SetUpFailure>
  /** How the attacker's life as a peer ended. */
  removalOf(attacker: Attacker): Promise<Removal>
  peerOf(attacker: Attacker): Peer
  /** An honest peer comes, is served at once and goes; those that were there before still are, and are served. */
  expectUnharmed(): Promise<void>
  close(): Promise<void>
}

export async function startTarget({ acts = {}, limits, ...options }: TargetOptions = {}): Promise<Target> {
  const received: Target['received'] = new Arrivals()
  const offer = protocol.with({
    echo: (_, body) => body,
    small: (peer) => received.push({ name: 'small', peer }),
    big: (peer) => received.push({ name: 'big', peer }),
    act: (peer, name) => acts[name]?.(peer) as void,
  })
  const node = createNode({
    privateKey: generatePrivateKey(),
    transports: [tcp({ listen: 'tcp://127.0.0.1:0' })],
    protocols: [offer],
    // Tests begin many handshakes at once; those of the throttle set it themselves.
    limits: { startsPerSecond: 1e6, ...limits },
    ...options,
  })
  await node.start()
  const address = node.addresses[0]!
  const bystander = await startHonest()
  const friend = await bystander.dial(address)
  const port = Number(address.split(':').at(-1))
  const session = async (options?: { readonly allowHalfOpen?: boolean }): Promise<Attacker> => {
    const attacker = await connectTo(port, options)
    await attacker.initiate(node.publicKey)
    return attacker
  }
  const byKey = (attacker: Attacker) => (peer: Pick<Peer, 'publicKey'>) =>
    equalBytes(peer.publicKey, attacker.keys.publicKey)
  const failures = collect(node, 'setup:failed')
  const removals = collect(node, 'peer:removed')
  return {
    node,
    address,
    port,
    failures,
    removals,
    received,
    attack: () => connectTo(port),
    session: () => session(),
    greeted: async (options) => {
      const attacker = await session(options)
      const added = new Promise<void>((resolve) => {
        node.on('peer:added', (peer) => byKey(attacker)(peer) && resolve())
      })
      await attacker.greet(CAPABILITIES)
      await within('a peer', added)
      return attacker
    },
    failureOf: async ({ localPort }) =>
      (await failures.first('setup:failed', ({ remoteAddress }) => remoteAddress.endsWith(`:${localPort}`)))!,
    removalOf: async (attacker) => (await removals.first('peer:removed', ({ peer }) => byKey(attacker)(peer)))!,
    peerOf: (attacker) => {
      const peer = node.peers.find(byKey(attacker))
      if (!peer) throw new Error(`no peer ${toHex(attacker.keys.publicKey)}`)
      return peer
    },
    expectUnharmed: async () => {
      await expectServed(friend)
      const honest = await startHonest()
      const peer = await within('an honest connection', honest.dial(address))
      await expectServed(peer)
      await honest.close()
    },
    close: async () => {
      await Promise.all([node.close(), bystander.close()])
    },
  }
}

async function startHonest(): Promise<Node> {
  const node = createNode({
    privateKey: generatePrivateKey(),
    transports: [tcp()],
    protocols: [protocol.with({})],
  })
  await node.start()
  return node
}

async function expectServed(peer: Peer): Promise<void> {
  const question = Uint8Array.of(1, 2, 3)
  const answer = await within('an answer', peer.request(protocol, 'echo', question))
  if (!equalBytes(question, answer)) throw new Error(`asked ${toHex(question)}, answered ${toHex(answer)}`)
}

function collect<Name extends keyof NodeEvents>(node: Node, name: Name): Arrivals<NodeEvents[Name][0]> {
  const arrivals = new Arrivals<NodeEvents[Name][0]>()
  node.on(name, (event) => arrivals.push(event))
  return arrivals
}
