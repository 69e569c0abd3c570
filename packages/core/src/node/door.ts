// What an inbound link passes before its handshake, and how those are told that stay outside.
import { DiscReason, PeerError } from '../index.ts'
import type { InboundRule, Link, LinkSink, ListenHandlers, Transport } from '../wire/link.ts'
import { readRefusal } from '../wire/refusal.ts'
import { RefusalCode, refusalText } from '../wire/refusal-text.ts'
import { type Gate, type GateEntry, refusalError } from './gate.ts'
import type { Settings } from './options.ts'

/** After these seconds a ban may have been lifted. */
const BAN_RETRY_S = 3600
/** A listener that is about to stop is back, or another one in its place. */
const DRAIN_RETRY_S = 5

const NOTHING: LinkSink = { bytes: () => undefined, drain: () => undefined, end: () => undefined }

/** What a set-up needs of the door that its link came through. */
export interface DoorEntry extends GateEntry {
  /** Whether there is room for one more that is told why it ends, until its link is gone. */
  readonly staysForGoodbye: () => boolean
  /** Says why by a close code, where no Disconnect can be sent yet; `false`: there is nothing to say. */
  readonly refuse: (error: PeerError) => boolean
}

/** What the door needs of the rest of the node. */
export interface DoorHost {
  readonly settings: Pick<Settings, 'judge' | 'limits'>
  anyTrusted(): boolean
  /** A link that passed: its set-up begins. */
  enter(link: Link, transport: string, entry: DoorEntry): void
  /** Ends the set-up of a link that passed, if it is one still. */
  giveUp(link: Link, error: PeerError): void
  /** One that didn't. */
  failed(remoteAddress: string, error: PeerError): void
}

type From = Pick<Transport, 'name' | 'inboundRule'>

export class Door {
  readonly #gate: Gate
  readonly #host: DoorHost
  /** Links that are being told; of set-ups, too. */
  readonly #leaving = new Set<Link>()
  #closed = false

  constructor(gate: Gate, host: DoorHost) {
    this.#gate = gate
    this.#host = host
  }

  /** What a transport's listeners tell us. */
  handlers(transport: From): Pick<ListenHandlers, 'link' | 'waits' | 'admits' | 'refused' | 'failed'> {
    const { inboundRule } = transport
    return {
      link: (link) => this.accept(link, transport),
      waits: (remoteAddress, giveUp) => this.#gate.waits(remoteAddress, inboundRule, giveUp),
      failed: (remoteAddress, error) => this.#host.failed(remoteAddress, error),
      admits: (remoteAddress) => this.#admits(remoteAddress, inboundRule),
      refused: (link, code, text) => {
        const words = readRefusal(code, text)?.message ?? text
        const error = new PeerError('link refused', DiscReason.requested, words)
        this.#turnAway(link, { code, text, error }, this.#gate.answersVisit(link.remoteAddress, inboundRule))
      },
    }
  }

  /** Takes an inbound link to its handshake, or turns it away. */
  accept(link: Link, { name, inboundRule }: From): void {
    if (this.#closed) return link.abort()
    const refusal = this.#ban(link) ?? this.#enter(link, name, inboundRule)
    if (refusal) this.#turnAway(link, refusal, this.#gate.answers(link.remoteAddress, inboundRule))
  }

  /** A link of a set-up is gone. */
  left(link: Link): void {
    this.#leaving.delete(link)
  }

  /** Cuts those that are still being told. */
  close(): void {
    this.#closed = true
    for (const link of this.#leaving) link.abort()
  }

  #admits(remoteAddress: string, rule: InboundRule | undefined): boolean {
    if (this.#gate.admits(remoteAddress, rule)) return true
    this.#host.failed(remoteAddress, refusalError({ words: 'a flood gets no answer' }))
    return false
  }

  // Who it is can't be known yet: where a key is trusted, a ban of an address waits until the key is proven.
  #ban({ remoteAddress }: Link): Answer | undefined {
    const { settings, anyTrusted } = this.#host
    if (settings.judge({ address: remoteAddress }) !== 'banned' || anyTrusted()) return undefined
    const words = 'the address is banned'
    const error = new PeerError('link refused', DiscReason.uselessPeer, words)
    return { code: RefusalCode.declined, text: refusalText('declined', words, BAN_RETRY_S), error }
  }

  #enter(link: Link, transport: string, rule: InboundRule | undefined): Answer | undefined {
    const entry = this.#gate.enter(link.remoteAddress, rule, () => this.#host.giveUp(link, outnumbered()))
    if ('words' in entry) {
      const { name, words, retryS } = entry
      return { code: RefusalCode.throttled, text: refusalText(name, words, retryS), error: refusalError(entry) }
    }
    const staysForGoodbye = (): boolean => {
      if (!this.#hasRoomToLeave) return false
      this.#leaving.add(link)
      return true
    }
    this.#host.enter(link, transport, { ...entry, staysForGoodbye, refuse: (error) => tell(link, error) })
    return undefined
  }

  get #hasRoomToLeave(): boolean {
    return this.#leaving.size < this.#host.settings.limits.pendingInbound
  }

  // A flood gets no answer, and there are never more links that wait for the remote to have read it than handshakes.
  #turnAway(link: Link, { code, text, error }: Answer, answers: boolean): void {
    if (answers && this.#hasRoomToLeave) {
      this.#leaving.add(link)
      link.open({ ...NOTHING, end: () => this.#leaving.delete(link) })
      link.refuse(code, text, error)
    } else link.abort(error)
    this.#host.failed(link.remoteAddress, error)
  }
}

interface Answer {
  readonly code: number
  readonly text: string
  readonly error: PeerError
}

function outnumbered(): PeerError {
  const words = 'its network had the most handshakes in progress'
  return new PeerError('disconnect reason', DiscReason.tooManyPeers, words)
}

// No more than the words say: whoever has sent something forged learns nothing of where it failed.
function tell(link: Link, error: PeerError): boolean {
  const [code, text] = answerTo(error) ?? []
  if (code === undefined || text === undefined) return false
  link.refuse(code, text, error)
  return true
}

function answerTo({ code, reason, message }: PeerError): readonly [code: number, text: string] | undefined {
  if (code === 'setup timeout') return [RefusalCode.idle, refusalText('idle', message)]
  if (code === 'encryption handshake failed') {
    return [RefusalCode.badRequest, refusalText('bad request', 'this is no handshake with the key of this listener')]
  }
  if (reason === DiscReason.quitting) return [RefusalCode.draining, refusalText('draining', message, DRAIN_RETRY_S)]
  if (reason === DiscReason.tooManyPeers) return [RefusalCode.throttled, refusalText('full', message, 1)]
  return undefined
}
