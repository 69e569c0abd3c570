// Asks one node who it is: handshake, Hello, one ping, goodbye. Offers nothing and is no peer.
import { type Address, type Clock, formatEndpoint, type Link, type LinkSink, type Transport } from '@peerwire/core'
import {
  BaseCode,
  createInitiator,
  decodeDisconnect,
  decodeHello,
  DiscReason,
  EMPTY_LIST,
  encodeDisconnect,
  encodeHello,
  equalBytes,
  generatePrivateKey,
  type Handshake,
  type Hello,
  isPeerError,
  PeerError,
  portableCrypto,
  type SessionCodec,
  systemRandom,
  type WireMessage,
} from '@peerwire/core/rlpx'

/** Bytes of a message of the base protocol, the only ones that are expected. */
const MAX_MESSAGE_BYTES = 2048
/** From this version of the base protocol on, messages after Hello are compressed. */
const SNAPPY_VERSION = 5

export interface ProbeOptions {
  readonly transport: Transport
  readonly clock: Clock
  /** Our client name. */
  readonly name: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export interface ProbeResult {
  /** Absent when the remote refused before it. */
  readonly hello: Hello | undefined
  /** To open the link. */
  readonly dialMs: number
  /** From our first bytes to the proof of the remote's key, its computing included. */
  readonly handshakeMs: number
  /** From ping to pong; absent where the remote ended the connection first. */
  readonly roundTripMs: number | undefined
  /** Why it ended the connection; absent when it did not. */
  readonly refusal: DiscReason | undefined
}

/** @throws {PeerError} when nothing that speaks RLPx with this key is there */
export async function probe({ publicKey, endpoint }: Address, options: ProbeOptions): Promise<ProbeResult> {
  const { transport, clock, signal, timeoutMs } = options
  const startedMs = clock.now()
  const deadline = new AbortController()
  const stop = (): void => deadline.abort(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const timer = clock.setTimer(timeoutMs, () => {
    const text = `${formatEndpoint(endpoint)} did not answer within ${timeoutMs} ms`
    deadline.abort(new PeerError('setup timeout', DiscReason.readTimeout, text))
  })
  try {
    const link = await transport.dial(endpoint, { signal: deadline.signal })
    const privateKey = generatePrivateKey()
    const handshake = createInitiator({
      crypto: portableCrypto,
      random: systemRandom,
      privateKey,
      remotePublicKey: publicKey,
    })
    return await new Conversation(link, handshake, {
      clock,
      name: options.name,
      ownKey: portableCrypto.publicKeyOf(privateKey),
      dialMs: clock.now() - startedMs,
    }).run(deadline.signal)
  } finally {
    timer.cancel()
    signal.removeEventListener('abort', stop)
  }
}

interface ConversationFacts {
  readonly clock: Clock
  readonly name: string
  readonly ownKey: Uint8Array
  readonly dialMs: number
}

class Conversation implements LinkSink {
  readonly #link: Link
  readonly #handshake: Handshake
  readonly #facts: ConversationFacts
  readonly #startedMs: number
  #codec: SessionCodec | undefined
  #remoteKey: Uint8Array | undefined
  #hello: Hello | undefined
  #handshakeMs = 0
  #pingedMs = 0
  #settle: ((outcome: ProbeResult | PeerError) => void) | undefined

  constructor(link: Link, handshake: Handshake, facts: ConversationFacts) {
    this.#link = link
    this.#handshake = handshake
    this.#facts = facts
    this.#startedMs = facts.clock.now()
  }

  async run(signal: AbortSignal): Promise<ProbeResult> {
    const outcome = new Promise<ProbeResult>((resolve, reject) => {
      this.#settle = (result) => {
        this.#settle = undefined
        if (isPeerError(result)) reject(result)
        else resolve(result)
      }
    })
    const onAbort = (): void => this.#fail(asPeerError(signal.reason))
    signal.addEventListener('abort', onAbort, { once: true })
    this.#link.open(this)
    const first = this.#handshake.start()
    if (first) this.#link.write(first)
    if (signal.aborted) onAbort()
    try {
      return await outcome
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  bytes(chunk: Uint8Array): void {
    try {
      if (!this.#codec) this.#shake(chunk)
      else this.#codec.read(chunk, (message) => this.#message(message))
    } catch (error) {
      this.#fail(asPeerError(error))
    }
  }

  drain(): void {}

  end(error?: PeerError): void {
    const lost = 'the remote closed the link before its handshake (wrong key, throttled, or not an RLPx node)'
    if (this.#hello) this.#done(undefined, undefined)
    else if (this.#codec) this.#fail(error ?? linkLost('the remote closed the link before its Hello'))
    else this.#fail(error ?? linkLost(lost))
  }

  #shake(chunk: Uint8Array): void {
    const progress = this.#handshake.receive(chunk)
    if (!progress?.done) return
    const { codec, remotePublicKey, rest } = progress.done
    const { clock, name, ownKey } = this.#facts
    this.#handshakeMs = clock.now() - this.#startedMs
    this.#codec = codec
    this.#remoteKey = remotePublicKey
    codec.setLimit(() => MAX_MESSAGE_BYTES)
    const hello = encodeHello({ name, capabilities: [], listenPort: 0, publicKey: ownKey })
    this.#link.write(codec.seal(BaseCode.hello, hello))
    if (rest.length > 0) codec.read(rest, (message) => this.#message(message))
  }

  #message({ code, payload }: WireMessage): boolean {
    const codec = this.#codec!
    if (code === BaseCode.disconnect) this.#done(undefined, decodeDisconnect(payload))
    else if (code === BaseCode.hello && !this.#hello) {
      this.#hello = decodeHello(payload)
      if (!equalBytes(this.#hello.publicKey, this.#remoteKey!)) throw wrongHello('Hello names another key')
      if (this.#hello.version >= SNAPPY_VERSION) codec.enableSnappy()
      this.#pingedMs = this.#facts.clock.now()
      this.#link.write(codec.seal(BaseCode.ping, EMPTY_LIST))
    } else if (!this.#hello) throw wrongHello(`message code ${code} before Hello`)
    else if (code === BaseCode.pong) {
      this.#link.write(codec.seal(BaseCode.disconnect, encodeDisconnect(DiscReason.requested)))
      this.#done(this.#facts.clock.now() - this.#pingedMs, undefined)
    }
    return this.#settle !== undefined
  }

  #done(roundTripMs: number | undefined, refusal: DiscReason | undefined): void {
    const { dialMs } = this.#facts
    this.#settle?.({ hello: this.#hello, dialMs, handshakeMs: this.#handshakeMs, roundTripMs, refusal })
    this.#link.close()
  }

  #fail(error: PeerError): void {
    this.#settle?.(error)
    this.#link.abort()
  }
}

function asPeerError(error: unknown): PeerError {
  if (isPeerError(error)) return error
  const text = error instanceof Error ? error.message : String(error)
  return new PeerError('protocol handshake failed', DiscReason.networkError, text, { cause: error })
}

function linkLost(text: string): PeerError {
  return new PeerError('link lost', DiscReason.networkError, text)
}

function wrongHello(text: string): PeerError {
  return new PeerError('protocol handshake failed', DiscReason.breachOfProtocol, text)
}
