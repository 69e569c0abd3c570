// Two ends of a link inside one process.
import type { Timer } from '../base/clock.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { PeerError } from '../errors/peer-error.ts'
import { LinkInbox } from '../wire/inbox.ts'
import type { Direction, Link, LinkSink } from '../wire/link.ts'
import { cutReason, readRefusal } from '../wire/refusal.ts'
import { MemoryPipe, type PipeTraits } from './memory-pipe.ts'

/** How long `close` waits for a remote that takes nothing before it drops what is queued; as the TCP transport does. */
export const CLOSE_TIMEOUT_MS = 5_000

export interface MemoryLinkNames {
  /** What the dialer sees as the address of the listener. */
  readonly dialed: string
  /** What the listener sees as the address of the dialer. */
  readonly dialer: string
}

/** Both ends of a fresh link, and the ways to spoil it. */
export interface MemoryLinkPair {
  readonly dialer: Link
  readonly listener: Link
  /** Ends both at once, as a broken wire that both notice: `link lost`. */
  cut(): void
  /** While on, nothing gets through in either direction, and nobody is told. */
  blackHole(on: boolean): void
}

/** @param onOver - called when neither end is alive any more */
export function connectMemoryLinks(traits: PipeTraits, names: MemoryLinkNames, onOver?: () => void): MemoryLinkPair {
  let alive = 2
  const over = (): void => {
    if (--alive === 0) onOver?.()
  }
  const dialer = new MemoryLink(traits, 'outbound', names.dialed, over)
  const listener = new MemoryLink(traits, 'inbound', names.dialer, over)
  dialer.join(listener)
  listener.join(dialer)
  return {
    dialer,
    listener,
    cut: () => {
      for (const link of [dialer, listener]) link.abort(lost('the link was cut'))
    },
    blackHole: (on) => {
      dialer.swallow(on)
      listener.swallow(on)
    },
  }
}

function lost(message: string): PeerError {
  return new PeerError('link lost', DiscReason.networkError, message)
}

class MemoryLink implements Link {
  readonly direction: Direction
  readonly remoteAddress: string
  readonly #traits: PipeTraits
  readonly #inbox = new LinkInbox()
  readonly #onOver: () => void
  #out!: MemoryPipe
  #remote!: MemoryLink
  #swallows = false
  #closing = false
  #closeTimer: Timer | undefined
  #alive = true

  constructor(traits: PipeTraits, direction: Direction, remoteAddress: string, onOver: () => void) {
    this.#traits = traits
    this.direction = direction
    this.remoteAddress = remoteAddress
    this.#onOver = onOver
  }

  /** Says who is at the other end; called once, before anything else. */
  join(remote: MemoryLink): void {
    this.#remote = remote
    this.#out = new MemoryPipe(
      this.#traits,
      { drained: () => this.#inbox.drain(), flushed: () => this.#over() },
      {
        bytes: (chunk) => remote.#receive(chunk),
        fin: () => remote.#over(),
        get unreadBytes() {
          return remote.#inbox.heldBytes
        },
      },
    )
  }

  swallow(on: boolean): void {
    this.#swallows = on
    this.#out.swallow(on)
  }

  get bufferedBytes(): number {
    return this.#out.queuedBytes
  }

  get sentBytes(): number {
    return this.#out.sentBytes
  }

  open(sink: LinkSink): void {
    const { bytes, drain, end } = sink
    this.#inbox.open({
      bytes: (chunk) => {
        bytes.call(sink, chunk)
        this.#wakeRemote()
      },
      drain: () => drain.call(sink),
      end: (error) => end.call(sink, error),
    })
  }

  write(chunk: Uint8Array): boolean {
    return this.#alive && !this.#closing && this.#out.write(chunk)
  }

  pause(): void {
    this.#inbox.pause()
  }

  resume(): void {
    this.#inbox.resume()
  }

  close(): void {
    if (!this.#alive || this.#closing) return
    this.#closing = true
    this.#inbox.discard()
    this.#wakeRemote()
    this.#out.finish()
    if (this.#out.queuedBytes === 0) return
    this.#closeTimer = this.#traits.clock.setTimer(CLOSE_TIMEOUT_MS, () => this.abort())
  }

  abort(error?: PeerError): void {
    this.#end(lost('the remote ended the link abruptly'), error)
  }

  refuse(code: number, text: string, error?: PeerError): void {
    if (this.#closing) return
    this.#end(readRefusal(code, cutReason(text)) ?? lost(`the remote ended the link with ${code}`), error)
  }

  #end(told: PeerError, error: PeerError | undefined): void {
    this.#inbox.abort(error)
    if (!this.#alive) return
    this.#die()
    this.#out.destroy()
    const remote = this.#remote
    if (!this.#swallows) this.#traits.schedule(() => remote.#lose(told))
  }

  // Bytes were taken here: the other end's pipe may have room again.
  #wakeRemote(): void {
    const remote = this.#remote
    remote.#out.wake()
  }

  #receive(chunk: Uint8Array): void {
    if (this.#alive && !this.#closing) this.#inbox.push(chunk)
  }

  // The remote aborted or refused: what has arrived is still delivered.
  #lose(error: PeerError): void {
    if (!this.#alive) return
    this.#inbox.end(this.#closing ? undefined : error)
    this.#out.destroy()
    this.#die()
  }

  // In order, by either end: what we still had to send goes nowhere once the remote is gone.
  #over(): void {
    if (!this.#alive) return
    this.#inbox.end()
    if (!this.#closing) this.#out.destroy()
    this.#die()
  }

  #die(): void {
    this.#alive = false
    this.#closeTimer?.cancel()
    this.#onOver()
  }
}
