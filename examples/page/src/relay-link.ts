// Keeps this tab connected to one relay: asks where it is, dials, and goes on trying when it is gone.
import { type Address, equalBytes, type Node, parseAddress, type Peer, type PeerError } from '@peerwire/core'
import { fetchRelayInfo, type RelayInfo } from './relay-info.ts'
import type { RelayState } from './relay-state.ts'

/** Each failed question makes the wait this much longer … */
const RETRY_STEP_MS = 2_000
/** … up to this; as long as a page waits before it dials again. */
const RETRY_MAX_MS = 30_000

export interface RelayLinkOptions {
  readonly node: Node
  /** The page's own folder, or the URL of another relay. */
  readonly base: string
  /** The state may be another one now. */
  readonly changed: () => void
  /** What the relay says of itself, each time it is asked. */
  readonly informed: (info: RelayInfo) => void
}

/** What has happened last; how it goes on is the dialer's to say. */
type Happened =
  | { readonly kind: 'asking' }
  | { readonly kind: 'unknown'; readonly why: string; readonly retryAtMs: number }
  | { readonly kind: 'dialing' }
  | { readonly kind: 'connected'; readonly peer: Peer }
  | { readonly kind: 'lost'; readonly error: PeerError; readonly wasConnected: boolean }
  | { readonly kind: 'left' }

export class RelayLink {
  readonly #options: RelayLinkOptions
  #happened: Happened = { kind: 'asking' }
  #address: Address | undefined
  /** Why the relay did not even answer the latest question; absent when it did. */
  #silent: string | undefined
  #tries = 0
  #asking = new AbortController()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(options: RelayLinkOptions) {
    this.#options = options
    const { node } = options
    node.on('peer:added', (peer) => this.isRelay(peer) && this.#now({ kind: 'connected', peer }))
    node.on('peer:removed', ({ peer, error }) => this.isRelay(peer) && this.#lost(error, true))
    node.on('dial:failed', ({ address, error }) => this.isRelay(address) && this.#lost(error, false))
  }

  get state(): RelayState {
    const happened = this.#happened
    if (happened.kind === 'connected') return { kind: 'connected', name: happened.peer.name }
    if (happened.kind !== 'lost') return happened
    const { error, wasConnected } = happened
    const { state, nextAtMs } = this.#options.node.explain(this.#address!.publicKey)
    return {
      kind: 'lost',
      error,
      wasConnected,
      silent: this.#silent,
      retryAtMs: nextAtMs,
      isDialing: state === 'dialing',
    }
  }

  /** Begins, or begins again after `leave`. */
  start(): void {
    this.#now({ kind: 'asking' })
    void this.#ask()
  }

  /** Tries again now instead of later. */
  wake(): void {
    if (this.#happened.kind === 'left') return
    this.#options.node.wake()
    if (this.#happened.kind !== 'connected') void this.#ask()
  }

  /** Disconnects, and stays so until `start`. */
  leave(): void {
    this.#stopAsking()
    const relay = this.#happened.kind === 'connected' ? this.#happened.peer : undefined
    if (this.#address) this.#options.node.removePersistent(this.#address)
    this.#address = undefined
    this.#now({ kind: 'left' })
    relay?.disconnect()
  }

  isRelay({ publicKey }: Pick<Peer, 'publicKey'>): boolean {
    return this.#address !== undefined && equalBytes(this.#address.publicKey, publicKey)
  }

  async #ask(): Promise<void> {
    this.#stopAsking()
    const { signal } = this.#asking
    try {
      const info = await fetchRelayInfo(this.#options.base, signal)
      if (signal.aborted) return
      this.#silent = undefined
      this.#tries = 0
      this.#options.informed(info)
      this.#follow(parseAddress(info.address))
    } catch (error) {
      if (!signal.aborted) this.#unanswered(error instanceof Error ? error.message : String(error))
    }
  }

  #stopAsking(): void {
    this.#asking.abort()
    this.#asking = new AbortController()
    clearTimeout(this.#timer)
  }

  // A relay that was started anew may have another key; then the old one is not to be dialed any more.
  #follow(address: Address): void {
    const { node } = this.#options
    const before = this.#address
    const isSame = before !== undefined && equalBytes(before.publicKey, address.publicKey)
    this.#address = address
    if (before && !isSame) node.removePersistent(before)
    node.addPersistent(address)
    const peer = node.peers.find(({ publicKey }) => equalBytes(publicKey, address.publicKey))
    if (peer) this.#now({ kind: 'connected', peer })
    else if (isSame && this.#happened.kind === 'lost') this.#options.changed()
    else this.#now({ kind: 'dialing' })
  }

  #unanswered(why: string): void {
    this.#silent = why
    // The dialer has an address and tries by itself.
    if (this.#address) return this.#options.changed()
    this.#tries++
    const waitMs = Math.min(RETRY_MAX_MS, RETRY_STEP_MS * this.#tries)
    this.#timer = setTimeout(() => this.start(), waitMs)
    this.#now({ kind: 'unknown', why, retryAtMs: performance.now() + waitMs })
  }

  #lost(error: PeerError, wasConnected: boolean): void {
    if (this.#happened.kind === 'left') return
    this.#now({ kind: 'lost', error, wasConnected })
    void this.#ask()
  }

  #now(happened: Happened): void {
    this.#happened = happened
    this.#options.changed()
  }
}
