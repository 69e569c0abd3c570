// One connected peer: its three tasks (read, write, ping) and the one error that ends them.
import type { Timer } from '../base/clock.ts'
import { DiscReason } from '../errors/disc-reason.ts'
import { isTold } from '../errors/meaning.ts'
import { claimError, handlerFailed, isPeerError, PeerError } from '../errors/peer-error.ts'
import type { Endpoint } from '../wire/address.ts'
import { BaseCode, EMPTY_LIST } from '../wire/base-messages.ts'
import { decodeDisconnect, encodeDisconnect } from '../wire/disconnect.ts'
import type { Exchange } from '../wire/exchange.ts'
import type { FrameCodec, WireMessage } from '../wire/frame-codec.ts'
import type { Direction, Link, LinkSink } from '../wire/link.ts'
import type { Capability, Peer, RequestOptions } from '../wire/peer.ts'
import { encodeMessage, type Prepared } from '../wire/prepared.ts'
import { rejection } from '../wire/rejection.ts'
import type { Requests } from '../wire/requests.ts'
import { isLater } from '../wire/protocol.ts'
import type { AnswerOf, Messages, Protocol, RequestNames, SendNames, ValueOf } from '../wire/protocol.ts'
import { definitionOf, isRequest, sharedConversation } from './conversation.ts'
import type { Conversation } from './conversation.ts'
import { KeepAlive, type KeepAliveHost } from './keep-alive.ts'
import { Outbox, type OutboxHost } from './outbox.ts'
import { describePeer, shortUrl, whereOf } from './peer-name.ts'
import type { PeerFacts, PeerHost } from './peer-host.ts'
import { Reader, type ReaderHost } from './reader.ts'
import type { ReceiveBudget } from './receive-budget.ts'

export class ConnectedPeer implements Peer, LinkSink, ReaderHost, KeepAliveHost, OutboxHost {
  readonly number: number
  readonly id: string
  readonly publicKey: Uint8Array
  readonly direction: Direction
  readonly name: string
  readonly capabilities: readonly Capability[]
  readonly endpoint: Endpoint | undefined
  readonly connectedAtMs: number
  readonly conversations: readonly Conversation[]
  readonly #host: PeerHost
  readonly #transport: string
  readonly #link: Link
  readonly #outbox: Outbox
  readonly #reader: Reader
  readonly #keepAlive: KeepAlive
  #requests: Requests | undefined
  #abort: AbortController | undefined
  #error: PeerError | undefined
  #goodbye: Timer | undefined
  #gone = false
  #pingedAtMs = -1
  /** Best round trip of a ping, Infinity before the first. */
  minPingMs: number = Infinity
  /** When `credit` was last called, -1 for never. */
  usefulAtMs: number = -1
  /** Pings that the link has no room to answer. */
  #owedPongs = 0

  constructor(facts: PeerFacts, link: Link, codec: FrameCodec, host: PeerHost) {
    this.number = facts.number
    this.id = facts.id
    this.publicKey = facts.publicKey
    this.direction = facts.direction
    this.name = facts.name
    this.capabilities = facts.capabilities
    this.endpoint = facts.endpoint
    this.#transport = facts.transport
    this.conversations = facts.conversations
    this.#link = link
    this.#host = host
    this.connectedAtMs = host.clock.now()
    this.#outbox = new Outbox(link, codec, host.limits.outboxBytes, this)
    this.#reader = new Reader(this, link, codec, facts.conversations, host.limits)
    this.#keepAlive = new KeepAlive(this, host.clock, host.wheel, host.limits)
  }

  /** Where it is, with the key shortened, as the removal line has it. Made when asked for: few ever are. */
  get url(): string {
    return shortUrl(this.publicKey, this.#transport, whereOf(this.endpoint, this.#link))
  }

  get remoteAddress(): string {
    return this.#link.remoteAddress
  }

  get shared(): readonly Capability[] {
    return this.conversations.map(({ table: { offer } }) => ({
      name: offer.protocol.name,
      version: offer.protocol.version,
    }))
  }

  get persistent(): boolean {
    return this.#host.isPersistent(this.id)
  }

  get trusted(): boolean {
    return this.#host.isTrusted(this.id)
  }

  get error(): PeerError | undefined {
    return this.#error
  }

  get heardAtMs(): number {
    return this.#keepAlive.heardMs
  }

  get signal(): AbortSignal {
    this.#abort ??= new AbortController()
    if (this.#error && !this.#abort.signal.aborted) this.#abort.abort(this.#error)
    return this.#abort.signal
  }

  /** Bytes and messages that wait, for `inspect`. */
  get queues(): { readonly inBytes: number; readonly outBytes: number; readonly requests: number } {
    return {
      inBytes: this.#reader.queuedBytes,
      outBytes: this.#outbox.queuedBytes,
      requests: this.#requests?.size ?? 0,
    }
  }

  /** Begins reading: first what came in one chunk with Hello. */
  start(): void {
    this.#reader.read()
  }

  shares(protocol: { readonly name: string; readonly version: number }): boolean {
    return sharedConversation(this.conversations, protocol) !== undefined
  }

  send<M extends Messages, K extends SendNames<M>>(
    protocol: Protocol<M>,
    name: K,
    value: ValueOf<M[K]>,
  ): Promise<void> {
    try {
      const { offset, own, definition } = definitionOf(this, protocol, name)
      return this.#write(offset + definition.code, encodeMessage(own, name, value))
    } catch (error) {
      return this.#unsendable(error)
    }
  }

  sendPrepared(prepared: Prepared): Promise<void> {
    try {
      const { offset, definition } = definitionOf(this, prepared.protocol, prepared.name)
      return this.#outbox.sendPrepared(offset + definition.code, prepared)
    } catch (error) {
      return this.#unsendable(error)
    }
  }

  #unsendable(error: unknown): Promise<never> {
    const note = (): void => this.#host.note('a message could not be sent', error)
    return rejection(error, (run) => this.yieldTurn(run), note)
  }

  async request<M extends Messages, K extends RequestNames<M>>(
    protocol: Protocol<M>,
    name: K,
    question: ValueOf<M[K]>,
    options?: RequestOptions,
  ): Promise<AnswerOf<M[K]>> {
    const { offset, definition } = definitionOf(this, protocol, name)
    const what = `${protocol.name}.${name}`
    if (!isRequest(definition)) throw new TypeError(`${what} is not a request`)
    if (this.#error) throw this.#error
    const asked = { what, definition, value: question }
    const answer = definition.exchange.ask(this, asked, offset + definition.code, options)
    this.#reader.resumeIfRoom()
    return (await answer) as AnswerOf<M[K]>
  }

  messages<M extends Messages, K extends SendNames<M>>(
    protocol: Protocol<M>,
    name: K,
  ): AsyncIterableIterator<ValueOf<M[K]>> {
    const conversation = sharedConversation(this.conversations, protocol)
    const handler = conversation?.table.offer.handlers[name]
    if (!conversation || !isLater(handler)) {
      throw new TypeError(`${protocol.name}.${name} has no waiting messages: give \`later\` as its handler`)
    }
    return this.#reader.mailbox(conversation, name, handler).read() as AsyncIterableIterator<ValueOf<M[K]>>
  }

  credit(): void {
    this.usefulAtMs = this.#host.clock.now()
  }

  disconnect(reason: DiscReason = DiscReason.requested, message = 'disconnected by this node'): void {
    this.fail(new PeerError('disconnect reason', reason, message))
  }

  fail(error: PeerError): void {
    this.#end(error)
  }

  /** Ends the peer at once: a goodbye that hasn't left by now is lost, and `gone` is told before this returns. */
  cut(error: PeerError): void {
    this.#end(error)
    this.#link.abort()
    this.#finish()
  }

  toString(): string {
    return describePeer(this.url, this.direction)
  }

  // What the reader, the outbox and the keep-alive ask. They get the peer itself: an object of closures for each
  // would cost 1.8 KiB an idle peer.

  get requests(): Requests | undefined {
    return this.#requests
  }

  useRequests(exchange: Exchange): Requests {
    const { clock, limits } = this.#host
    this.#requests ??= exchange.createRequests(this, clock, limits, this.#host.requestIdSeed())
    return this.#requests
  }

  reply(code: number, payload: Uint8Array): Promise<void> {
    return this.#write(code, payload)
  }

  base({ code, payload }: WireMessage): void {
    if (code === BaseCode.disconnect) {
      const reason = decodeDisconnect(payload)
      this.fail(new PeerError('remote disconnect reason', reason, 'Peer.run got a remote DiscReason'))
    } else if (code === BaseCode.ping) this.#pong()
    else if (code === BaseCode.pong && this.#pingedAtMs >= 0) {
      this.minPingMs = Math.min(this.minPingMs, this.#host.clock.now() - this.#pingedAtMs)
      this.#pingedAtMs = -1
    }
    // A second Hello and the codes 0x04 to 0x0f are ignored, as go-ethereum does; a pong has done its work by arriving.
  }

  // A PeerError is the peer's and ends it as it stands, and is no news when the peer has ended; whatever else it is,
  // somebody else's failure included, is the handler's.
  thrown(error: unknown): void {
    const isOwn = isPeerError(error) && claimError(error, this)
    if (!this.#error) this.#end(isOwn ? error : handlerFailed(error, this))
    else if (!isOwn) this.#host.note('a handler failed after its peer had ended', error)
  }

  received(midMessage: boolean, heldBytes: number): void {
    this.#keepAlive.read(midMessage, this.#reader.messagesIn)
    const { heardMs, messageMs } = this.#keepAlive
    this.#host.receiving.set(this.#reader, heldBytes, messageMs, heardMs)
  }

  yieldTurn(run: () => void): void {
    this.#host.yieldTurn(run)
  }

  get owesAnswers(): boolean {
    return this.#owedPongs >= this.#host.limits.pingBurst
  }

  get receiving(): ReceiveBudget {
    return this.#host.receiving
  }

  resumed(): void {
    this.#keepAlive.resumed()
  }

  get paused(): boolean {
    return this.#reader.paused
  }

  get unreadBytes(): number | undefined {
    return this.#link.unreadBytes
  }

  get waitingBytes(): number {
    return this.#link.bufferedBytes
  }

  get sentBytes(): number {
    return this.#link.sentBytes
  }

  /** Asks for a sign of life: `heardAtMs` moves when it comes. */
  ping(): void {
    if (this.#pingedAtMs < 0) this.#pingedAtMs = this.#host.clock.now()
    void this.#write(BaseCode.ping, EMPTY_LIST)
    this.#outbox.flush()
    // A paused link tells its end only after what it keeps.
    if (this.#reader.paused && this.#outbox.dead) {
      this.fail(
        new PeerError('link lost', DiscReason.networkError, 'the remote was gone before its messages were handled'),
      )
    }
  }

  // What the link tells.

  bytes(chunk: Uint8Array): void {
    if (this.#error) return
    this.#keepAlive.heard(chunk.length)
    this.#reader.read(chunk)
  }

  drain(): void {
    this.#outbox.drain()
  }

  wrote(full: boolean): void {
    this.#keepAlive.wrote()
    if (full) this.#keepAlive.full()
  }

  outboxFree(): void {
    this.#keepAlive.drained()
    for (; this.#owedPongs > 0 && !this.#outbox.full; this.#owedPongs--) void this.#write(BaseCode.pong, EMPTY_LIST)
    this.#reader.resumeIfRoom()
  }

  end(error?: PeerError): void {
    this.#end(
      error ?? new PeerError('link lost', DiscReason.networkError, 'the remote closed the link without a goodbye'),
    )
    this.#finish()
  }

  #finish(): void {
    if (this.#gone) return
    this.#gone = true
    this.#goodbye?.cancel()
    this.#host.gone(this, this.#error!)
  }

  #end(error: PeerError): void {
    if (this.#error) return
    claimError(error, this)
    this.#error = error
    this.#host.ending(this)
    this.#reader.close()
    this.#host.receiving.delete(this.#reader)
    this.#keepAlive.stop()
    const told = isTold(error)
    const left = told && this.#sayGoodbye(error)
    if (!told) this.#outbox.refuse(error)
    this.#requests?.fail(error)
    this.#abort?.abort(error)
    if (!told) return this.#link.abort()
    this.#goodbye = this.#host.clock.setTimer(this.#host.limits.goodbyeMs, () => this.#link.abort())
    if (left) this.#link.close()
  }

  // Answers whether it is with the link; else the link is closed when it is.
  #sayGoodbye(error: PeerError): boolean {
    return this.#outbox.end(error, BaseCode.disconnect, encodeDisconnect(error.reason), () => this.#link.close())
  }

  #write(code: number, payload: Uint8Array): Promise<void> {
    return this.#outbox.send(code, payload)
  }

  // Each ping is answered; those that find the link full are answered when it has room, and nothing is read meanwhile.
  #pong(): void {
    if (this.#outbox.full) this.#owedPongs++
    else void this.#write(BaseCode.pong, EMPTY_LIST)
  }
}
