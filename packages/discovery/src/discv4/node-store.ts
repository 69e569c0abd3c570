// What discovery keeps across restarts: nodes that answered, and our own record.
import { equalBytes, isPeerError } from '@peerwire/core'
import type { Clock, Crypto, Logger, Storage, Timer } from '@peerwire/core'
import { formatNodeUrl, parseNodeUrl } from '../records/node-url.ts'
import { formatRecord, parseRecord } from '../records/record.ts'
import type { NodeRecord } from '../records/record.ts'
import { nodeOfUrl } from './known-node.ts'
import type { KnownNode } from './known-node.ts'
import { MAX_STORED_NODES, STORE_MS, STORED_MS } from './limits.ts'

const NAME = 'discovery.json'
const VERSION = 1
/** Characters of the largest file that is read: a node takes 250 at most. */
const MAX_TEXT = MAX_STORED_NODES * 400

interface Stored {
  readonly node: KnownNode
  /** When it answered last, in milliseconds since 1970. */
  readonly heardMs: number
}

export interface NodeStoreOptions {
  readonly storage?: Storage | undefined
  readonly crypto: Crypto
  readonly clock: Clock
  readonly logger: Logger
}

export class NodeStore {
  readonly #options: NodeStoreOptions
  /** By node id; the one that was heard last is the last. */
  readonly #nodes = new Map<string, Stored>()
  #record: NodeRecord | undefined
  #timer: Timer | undefined
  #isChanged = false
  #isClosed = false
  #writing: Promise<void> = Promise.resolve()

  constructor(options: NodeStoreOptions) {
    this.#options = options
  }

  get size(): number {
    return this.#nodes.size
  }

  /** Our own record as it was last; absent before `load`, or when there was none. */
  get record(): NodeRecord | undefined {
    return this.#record
  }

  /** Nodes heard in the last five days, the latest first. */
  get nodes(): readonly KnownNode[] {
    const sinceMs = this.#options.clock.wallNow() - STORED_MS
    const fresh = [...this.#nodes.values()].filter(({ heardMs }) => heardMs >= sinceMs)
    return fresh.map(({ node }) => node).toReversed()
  }

  /** Reads what was kept; what can't be used is set aside, and the value before it is tried. */
  async load(): Promise<void> {
    const { storage, logger } = this.#options
    if (!storage) return
    const bytes = await storage.read(NAME)
    if (!bytes) return
    if (this.#read(bytes)) return
    const name = await storage.setAside(NAME)
    logger.log('warn', 'The file of known nodes is damaged and was set aside', { name })
    const previous = await storage.readPrevious(NAME)
    if (previous) this.#read(previous)
  }

  /** A node has answered. */
  heard(node: KnownNode): void {
    const { clock } = this.#options
    this.#nodes.delete(node.key)
    this.#nodes.set(node.key, { node, heardMs: clock.wallNow() })
    if (this.#nodes.size > MAX_STORED_NODES) this.#nodes.delete(this.#nodes.keys().next().value!)
    this.#changed()
  }

  /** Our record as it stands. */
  setRecord(record: NodeRecord): void {
    if (this.#record && equalBytes(this.#record.bytes, record.bytes)) return
    this.#record = record
    this.#changed()
  }

  /** Writes what has changed and writes nothing afterwards. */
  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#write()
  }

  // Not more often than once a minute: after a crash some minutes of a table are soon found again.
  #changed(): void {
    this.#isChanged = true
    if (this.#isClosed || !this.#options.storage) return
    this.#timer ??= this.#options.clock.setTimer(STORE_MS, () => {
      this.#timer = undefined
      void this.#write()
    })
  }

  #write(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#writeNow())
    return this.#writing
  }

  async #writeNow(): Promise<void> {
    const { storage, logger } = this.#options
    if (!storage || !this.#isChanged) return
    this.#isChanged = false
    try {
      await storage.write(NAME, new TextEncoder().encode(this.#text()))
    } catch (error) {
      this.#isChanged = true
      logger.log('warn', 'The known nodes could not be kept', { err: error instanceof Error ? error.message : '' })
    }
  }

  #text(): string {
    const stored = [...this.#nodes.values()]
    const nodes = stored.map(({ node, heardMs }) => ({ url: formatNodeUrl(node), heardMs: Math.round(heardMs) }))
    const record = this.#record ? formatRecord(this.#record) : undefined
    return `${JSON.stringify({ version: VERSION, record, nodes }, undefined, 1)}\n`
  }

  #read(bytes: Uint8Array): boolean {
    if (bytes.length > MAX_TEXT) return false
    let content: unknown
    try {
      content = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    } catch {
      return false // whatever it is, it is not what was written
    }
    if (!isObject(content) || content['version'] !== VERSION || !Array.isArray(content['nodes'])) return false
    this.#record = this.#readRecord(content['record'])
    const stored = content['nodes'].slice(-MAX_STORED_NODES).flatMap((item: unknown) => this.#readNode(item) ?? [])
    for (const { node, heardMs } of stored) this.#nodes.set(node.key, { node, heardMs })
    return true
  }

  // One that can't be used doesn't cost the others.
  #readNode(item: unknown): Stored | undefined {
    if (!isObject(item)) return undefined
    const { url, heardMs } = item
    if (typeof url !== 'string' || typeof heardMs !== 'number') return undefined
    const { crypto } = this.#options
    try {
      const node = nodeOfUrl(parseNodeUrl(url, crypto), crypto)
      return node && { node, heardMs }
    } catch (error) {
      if (error instanceof TypeError) return undefined
      throw error
    }
  }

  #readRecord(text: unknown): NodeRecord | undefined {
    if (typeof text !== 'string') return undefined
    try {
      return parseRecord(text, this.#options.crypto)
    } catch (error) {
      if (isPeerError(error) || error instanceof TypeError) return undefined
      throw error
    }
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
