// What discovery keeps across restarts: nodes that answered, and our own record.
import { equalBytes, isPeerError } from '@peerwire/core'
import type { Clock, Crypto, Logger, Storage } from '@peerwire/core'
import type { Keeper, StoredForm, StoredRows } from '@peerwire/core/keeping'
import { readFirstObject } from '../first-version.ts'
import { formatNodeUrl, parseNodeUrl } from '../records/node-url.ts'
import { formatRecord, parseRecord } from '../records/record.ts'
import type { NodeRecord } from '../records/record.ts'
import { nodeOfUrl } from './known-node.ts'
import type { KnownNode } from './known-node.ts'
import { MAX_STORED_NODES, STORED_MS } from './limits.ts'

/** The first version was one text of JSON. */
const VERSION = 2
/** Bytes of the largest text of the first version that is read: a node takes 250 at most. */
const MAX_FIRST_BYTES = MAX_STORED_NODES * 400

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
  #keeper: Keeper | undefined

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

  /** Reads what was kept. */
  async load(): Promise<void> {
    if (!this.#options.storage) return
    // Loaded on use: most who search keep nothing.
    const { keep } = await import('@peerwire/core/keeping')
    const kept = await keep(this.#form(), this.#options)
    if (!kept) return
    this.#keeper = kept.keeper
    this.#restore(kept.found)
  }

  /** A node has answered. */
  heard(node: KnownNode): void {
    const { clock } = this.#options
    this.#nodes.delete(node.key)
    this.#nodes.set(node.key, { node, heardMs: clock.wallNow() })
    if (this.#nodes.size > MAX_STORED_NODES) this.#nodes.delete(this.#nodes.keys().next().value!)
    this.#keeper?.changed()
  }

  /** Our record as it stands. */
  setRecord(record: NodeRecord): void {
    if (this.#record && equalBytes(this.#record.bytes, record.bytes)) return
    this.#record = record
    this.#keeper?.changed()
  }

  /** Writes what has changed and writes nothing afterwards. */
  async close(): Promise<void> {
    await this.#keeper?.close()
  }

  #form(): StoredForm {
    return {
      name: 'discovery.json',
      title: 'Known nodes',
      kind: 'peerwire discovery',
      version: VERSION,
      maxRows: MAX_STORED_NODES,
      header: () => (this.#record ? { record: formatRecord(this.#record) } : {}),
      rows: () => this.#rows(),
      keyOf: (row) => (row as { readonly url?: unknown }).url,
      earlier: readFirstVersion,
      late: (found) => this.#restore(found),
    }
  }

  *#rows(): Generator<object[], void, void> {
    const stored = [...this.#nodes.values()]
    yield stored.map(({ node, heardMs }) => ({ url: formatNodeUrl(node), heardMs: Math.round(heardMs) }))
  }

  // What is there already was heard later.
  #restore({ header, batches }: StoredRows): void {
    this.#record ??= this.#readRecord(header?.['record'])
    const later = [...this.#nodes]
    for (const { node, heardMs } of batches.flat().flatMap((item) => this.#readNode(item) ?? [])) {
      this.#nodes.delete(node.key)
      this.#nodes.set(node.key, { node, heardMs })
    }
    for (const [key, stored] of later) {
      this.#nodes.delete(key)
      this.#nodes.set(key, stored)
    }
    for (const key of this.#nodes.keys()) {
      if (this.#nodes.size <= MAX_STORED_NODES) break
      this.#nodes.delete(key)
    }
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

function readFirstVersion(bytes: Uint8Array): StoredRows | undefined {
  const content = readFirstObject(bytes, MAX_FIRST_BYTES)
  if (content?.['version'] !== 1 || !Array.isArray(content['nodes'])) return undefined
  const nodes = content['nodes'].slice(-MAX_STORED_NODES).filter(isObject)
  return { header: content, batches: [nodes] }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
