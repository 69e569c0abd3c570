// A node over TCP that keeps what it sees, so that a test can wait for it.
import { createNode, generatePrivateKey } from '@peerwire/core'
import type { Node, NodeEvents, NodeOptions, Peer, Removal } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { rawProtocol, withHandler } from './raw-protocol.ts'
import type { RawMessage, RawProtocol } from './raw-protocol.ts'

const WAIT_MS = 60_000

export interface TestNodeOptions extends Partial<NodeOptions> {
  /** `name/version:length`, as gethpeer's `-cap`; test/1:16 by default. */
  readonly capabilities?: readonly string[]
  /** Sends each message back as it came. */
  readonly echo?: boolean
}

export interface TestNode {
  readonly node: Node
  /** Enode of its listener. */
  readonly address: string
  /** By its capability, such as `test/1`. */
  protocol(capability?: string): RawProtocol
  readonly messages: readonly RawMessage[]
  /** Resolves when so many messages have come since the start. @throws {Error} after `timeoutMs`, 10 s by default */
  received(count: number, timeoutMs?: number): Promise<readonly RawMessage[]>
  /** The next event of that name that fits. @throws {Error} after 10 s */
  next<Name extends keyof NodeEvents>(
    name: Name,
    fits?: (event: NodeEvents[Name][0]) => boolean,
  ): Promise<NodeEvents[Name][0]>
  /** The first peer, present or to come. */
  peer(): Promise<Peer>
  /** How that peer ends. */
  removal(): Promise<Removal>
}

/** Starts a node that listens on a free port of 127.0.0.1. */
export async function startTestNode(options: TestNodeOptions = {}): Promise<TestNode> {
  const { capabilities = ['test/1:16'], echo = false, ...own } = options
  const messages: RawMessage[] = []
  const protocols = new Map(capabilities.map((text) => [text.replace(/:.*/, ''), rawProtocol(text)]))
  let onMessage = (): void => undefined
  const handler = async (message: RawMessage): Promise<void> => {
    messages.push(message)
    onMessage()
    if (echo) await message.peer.send(protocols.get(message.capability)!, String(message.code), message.payload)
  }
  const node = createNode({
    privateKey: generatePrivateKey(),
    transports: [tcp({ listen: 'tcp://127.0.0.1:0' })],
    protocols: [...protocols.values()].map((protocol) => withHandler(protocol, handler)),
    name: 'peerwire-test',
    ...own,
  })
  const next: TestNode['next'] = (name, fits = () => true) =>
    within(`${name} ${String(fits)}`, WAIT_MS, (resolve, signal) => {
      node.on(name, (event) => void (fits(event) && resolve(event)), { signal })
    })
  await node.start()
  return {
    node,
    address: node.addresses[0]!,
    protocol: (capability = 'test/1') => {
      const protocol = protocols.get(capability)
      if (!protocol) throw new TypeError(`the node doesn't offer ${capability}`)
      return protocol
    },
    messages,
    received: (count, timeoutMs = WAIT_MS) =>
      within(`${count} messages`, timeoutMs, (resolve) => {
        onMessage = () => void (messages.length >= count && resolve(messages))
        onMessage()
      }),
    next,
    peer: async () => node.peers[0] ?? (await next('peer:added')),
    removal: () => next('peer:removed'),
  }
}

async function within<T>(
  what: string,
  timeoutMs: number,
  wait: (resolve: (value: T) => void, signal: AbortSignal) => void,
): Promise<T> {
  const over = new AbortController()
  // Made here, so that its stack names the test that waits.
  const late = new Error(`not within ${timeoutMs} ms: ${what}`)
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise((resolve, reject) => {
      timer = setTimeout(() => reject(late), timeoutMs)
      wait(resolve, over.signal)
    })
  } finally {
    clearTimeout(timer)
    over.abort()
  }
}
