// The way of a peer's bytes: frames to conversations, answers at once, other messages in order, a pause when handlers
// lag.
import { DiscReason } from '../errors/disc-reason.ts'
import { claimError, handlerFailed, isPeerError, PeerError } from '../errors/peer-error.ts'
import type { FrameCodec, WireMessage } from '../wire/frame-codec.ts'
import type { Link } from '../wire/link.ts'
import type { Asked } from '../wire/exchange.ts'
import type { Mailbox, Mailboxes } from '../wire/mailbox.ts'
import { isLater } from '../wire/protocol.ts'
import type { Later } from '../wire/protocol.ts'
import type { MessageContext } from '../wire/protocol.ts'
import type { Peer } from '../wire/peer.ts'
import type { Requests } from '../wire/requests.ts'
import { conversationOf } from './conversation.ts'
import type { Conversation, KnownExchange, KnownMessage } from './conversation.ts'
import { Inbox } from './inbox.ts'
import type { PeerLimits } from './limits.ts'
import type { ReceiveBudget, Receiving } from './receive-budget.ts'

/** Most bytes of a base-protocol message, as go-ethereum has it. */
const BASE_MAX_BYTES = 2048
/** The first code after those of the base protocol. */
export const FIRST_CODE = 16

/**
 * Bytes after which others have their turn: a browser's link that was paused brings all that it kept at once. With the
 * portable provider these take 15 ms.
 */
const TURN_BYTES = 524_288

/** What a waiting message costs beside its payload: empty ones take memory, too. */
const MESSAGE_COST_BYTES = 256

const EMPTY = /* @__PURE__ */ new Uint8Array(0)

/** What the reader needs of its peer. */
export interface ReaderHost extends Peer, Asked {
  readonly requests: Requests | undefined
  /** A message of the base protocol, codes 0 to 15. */
  base(message: WireMessage): void
  fail(error: PeerError): void
  /** Whether the link has no room for answers that are owed. */
  readonly owesAnswers: boolean
  /** Shared by all peers. */
  readonly receiving: ReceiveBudget
  /** The link isn't held back any more. */
  resumed(): void
  /** Bytes were read: whether a message isn't whole yet, and what it takes. */
  received(midMessage: boolean, heldBytes: number): void
  /** Calls back when others have had their turn of the loop. */
  yieldTurn(run: () => void): void
  /** What a handler or a hook threw. */
  thrown(error: unknown): void
}

export class Reader implements Receiving {
  readonly #host: ReaderHost
  readonly #link: Link
  readonly #codec: FrameCodec
  readonly #conversations: readonly Conversation[]
  readonly #limits: PeerLimits
  #inbox: Inbox | undefined
  #mailboxes: Mailboxes | undefined
  #paused = false
  /** By the node, because all its peers' unfinished messages are too many bytes. */
  #held = false
  /** Others have their turn between two slices of a large message. */
  #yielded = false
  #linkPaused = false
  #turnBytes = 0
  /** What waits, while it is past the bounds of one peer. */
  #overflowBytes = 0
  #reading = false
  #closed = false
  /** What the last code means: a frame asks more than once, and messages of one kind come in a row. */
  #lastCode = -1
  #lastLimit = 0
  #lastConversation: Conversation | undefined
  #lastKnown: KnownMessage | undefined
  #context: MessageContext | undefined
  /** Decompressed bytes and messages so far. */
  bytesIn = 0
  messagesIn = 0

  constructor(
    host: ReaderHost,
    link: Link,
    codec: FrameCodec,
    conversations: readonly Conversation[],
    limits: PeerLimits,
  ) {
    this.#host = host
    this.#link = link
    this.#codec = codec
    this.#conversations = conversations
    this.#limits = limits
    codec.setLimit((code) => this.#limitOf(code))
    codec.sliced = true
    // Hello has passed; who speaks on at once pays for two ciphers.
    codec.rest()
  }

  /** Whether the link is held back: handlers lag, or all peers' unfinished messages are too many bytes. */
  get paused(): boolean {
    return this.#paused || this.#held
  }

  get queuedBytes(): number {
    return this.#inbox?.bytes ?? 0
  }

  /** Takes bytes of the link; goes on with those kept back when called with none. */
  read(chunk: Uint8Array = EMPTY): void {
    if (this.#closed) return
    this.#reading = true
    try {
      this.#codec.read(chunk, (message) => this.#message(message))
    } catch (error) {
      this.#fail(error)
    } finally {
      this.#reading = false
    }
    if (this.#closed) return
    this.#host.received(this.#codec.midFrame, this.#codec.partialBytes)
    if (!this.#yielded && !this.#paused && (this.#codec.unfinished || this.#isLongTurn(chunk.length))) this.#yield()
  }

  // What comes one by one comes with a microtask between any two.
  #isLongTurn(bytes: number): boolean {
    if (this.#turnBytes === 0 && bytes > 0) queueMicrotask(() => (this.#turnBytes = 0))
    this.#turnBytes += bytes
    return this.#turnBytes >= TURN_BYTES
  }

  #yield(): void {
    this.#yielded = true
    this.#switchLink()
    this.#host.yieldTurn(() => {
      this.#yielded = false
      if (this.#paused || this.#closed) return
      this.read()
      this.#switchLink()
    })
  }

  /** Takes no bytes until `release`. */
  hold(): void {
    this.#held = true
    this.#switchLink()
  }

  release(): void {
    this.#held = false
    this.#host.resumed()
    this.#switchLink()
  }

  overBudget(heldBytes: number, maxBytes: number): void {
    const text = `${heldBytes} unfinished bytes came slowest, ${maxBytes} of all peers are allowed`
    this.#fail(new PeerError('receive queue full', DiscReason.subprotocolError, text))
  }

  #switchLink(): void {
    const wanted = this.#paused || this.#held || this.#yielded
    if (this.#closed || wanted === this.#linkPaused) return
    this.#linkPaused = wanted
    if (wanted) this.#link.pause()
    else this.#link.resume()
  }

  /** Drops what waits; nothing is read any more. */
  close(): void {
    this.#closed = true
    this.#codec.discard()
    this.#inbox?.close()
    this.#countOverflow(0)
    this.#mailboxes?.end()
  }

  /** Reads on when there is room again, or an answer to wait for. */
  resumeIfRoom(): void {
    if (this.#closed || (!this.#paused && this.#overflowBytes === 0) || this.#full() || !this.#paused) return
    this.#paused = false
    this.#host.resumed()
    this.#switchLink()
    if (!this.#reading && !this.#yielded) this.read()
  }

  #limitOf(code: number): number {
    if (code === this.#lastCode) return this.#lastLimit
    const conversation = conversationOf(this.#conversations, code)
    const known = conversation?.table.byCode.get(code - conversation.offset)
    this.#lastCode = code
    this.#lastConversation = conversation
    this.#lastKnown = known
    return (this.#lastLimit = known?.maxBytes ?? BASE_MAX_BYTES)
  }

  #message(message: WireMessage): boolean {
    this.messagesIn++
    this.bytesIn += message.payload.length
    if (message.code < FIRST_CODE) this.#base(message)
    else this.#subprotocol(message)
    if (this.#closed) return false
    if (!this.#paused && this.#full()) {
      this.#paused = true
      this.#switchLink()
    }
    return !this.#paused
  }

  // A ping or its answer: most likely nothing else is going on.
  #base(message: WireMessage): void {
    this.#host.base(message)
    this.#codec.rest()
  }

  #full(): boolean {
    if (this.#host.owesAnswers) return true
    const bytes = this.queuedBytes + (this.#mailboxes?.bytes ?? 0)
    const messages = (this.#inbox?.length ?? 0) + (this.#mailboxes?.length ?? 0)
    const { inboxBytes, inboxMessages, awaitingBytes } = this.#limits
    const full = bytes > inboxBytes || messages > inboxMessages
    this.#countOverflow(full ? bytes + messages * MESSAGE_COST_BYTES : 0)
    // A handler may wait for an answer that lies behind all of it.
    const awaits = full && (this.#host.requests?.size ?? 0) > 0
    return full && !(awaits && this.#overflowBytes <= awaitingBytes && this.#host.receiving.hasRoom)
  }

  #countOverflow(bytes: number): void {
    if (bytes === this.#overflowBytes) return
    this.#host.receiving.queue(bytes - this.#overflowBytes)
    this.#overflowBytes = bytes
  }

  /** Where messages wait whose handler is `later`. */
  mailbox({ offset }: Conversation, name: string, { createMailboxes }: Later): Mailbox<unknown> {
    if (!this.#mailboxes) {
      this.#mailboxes = createMailboxes(() => this.resumeIfRoom())
      if (this.#closed) this.#mailboxes.end()
    }
    return this.#mailboxes.of(`${offset}/${name}`)
  }

  #subprotocol({ code, payload }: WireMessage): void {
    this.#limitOf(code)
    const conversation = this.#lastConversation
    const own = conversation ? code - conversation.offset : code
    const known = this.#lastKnown
    if (!conversation || !known) {
      const where = conversation
        ? `${conversation.table.offer.protocol.name} has no message with code ${own}`
        : `message code ${code}`
      throw new PeerError('invalid message code', DiscReason.breachOfProtocol, where)
    }
    this.#tell(conversation, own, payload.length)
    if (this.#closed) return
    if (known.role === 'answer') {
      return known.request.exchange.answered(this.#host, known.request.answer, payload, (body) =>
        this.#decode(known, body),
      )
    }
    const handler = conversation.table.offer.handlers[known.name]
    if (isLater(handler)) {
      const mailbox = this.mailbox(conversation, known.name, handler)
      return mailbox.push(this.#decode(known, payload), payload.length)
    }
    if (!handler && known.role === 'message') return void this.#decode(known, payload)
    const inbox = (this.#inbox ??= new Inbox(() => this.resumeIfRoom()))
    if (inbox.begin()) inbox.settle(this.#handle(conversation, known, payload))
    else inbox.push(payload.length, () => this.#handle(conversation, known, payload))
  }

  #tell({ table }: Conversation, code: number, bytes: number): void {
    const { hooks } = table.offer
    if (!hooks.received) return
    try {
      hooks.received(this.#host, code, bytes)
    } catch (error) {
      this.#host.thrown(error)
    }
  }

  #handle(conversation: Conversation, known: KnownMessage, payload: Uint8Array): Promise<void> | undefined {
    try {
      const result =
        known.role === 'request'
          ? this.#respond(conversation, known, payload)
          : this.#call(conversation, known, payload)
      if (!isThenable(result)) return undefined
      return Promise.resolve(result).then(
        () => undefined,
        (error) => this.#host.thrown(error),
      )
    } catch (error) {
      this.#host.thrown(error)
      return undefined
    }
  }

  #call({ table }: Conversation, known: KnownMessage, body: Uint8Array): unknown {
    const value = this.#decode(known, body)
    const peer = this.#host
    return table.offer.handlers[known.name]?.(peer, value, (this.#context ??= contextOf(peer)))
  }

  #respond(conversation: Conversation, known: KnownExchange, payload: Uint8Array): Promise<void> {
    const { exchange, answer } = known.request
    const { protocol, handlers } = conversation.table.offer
    return exchange.respond(this.#host, conversation.offset + answer.code, payload, {
      what: `${protocol.name}.${known.name}`,
      definition: known.request,
      handle: handlers[known.name] && ((body) => this.#call(conversation, known, body)),
      isOver: () => this.#closed,
    })
  }

  #decode(known: KnownMessage, body: Uint8Array): unknown {
    try {
      return known.codec.decode(body)
    } catch (error) {
      throw this.#own(error, known.name)
    }
  }

  // What the remote's bytes are to blame for: the peer's own failure, even where the codec throws one error again and
  // again.
  #own(error: unknown, name: string): PeerError {
    if (isPeerError(error) && claimError(error, this.#host)) return error
    const text = error instanceof Error ? error.message : 'the codec refused it'
    const options = { cause: error, owner: this.#host }
    return new PeerError('invalid message', DiscReason.breachOfProtocol, `${name}: ${text}`, options)
  }

  // What reading threw.
  #fail(error: unknown): void {
    if (!this.#closed) this.#host.fail(isPeerError(error) ? error : handlerFailed(error, this.#host))
  }
}

// A getter, so that a handler which doesn't look at the signal doesn't make the peer allocate one.
function contextOf(peer: Peer): { readonly signal: AbortSignal } {
  return {
    get signal() {
      return peer.signal
    },
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}
