// Typed subprotocols: names, codes and codecs in one value, from which the types of handlers and sends follow.
import { checkOptions } from '../base/check-options.ts'
import { exchange } from '../wire/exchange.ts'
import type {
  AnyCodec,
  AnyHandler,
  Codec,
  Handlers,
  MessageDefinition,
  Messages,
  Offer,
  Protocol,
  ProtocolHooks,
  RequestDefinition,
} from '../wire/protocol.ts'

/** Default of `maxBytes`: enough for a long text, far from what a stranger could hurt with. */
const DEFAULT_MAX_BYTES = 1024 * 1024
/** Hard end of `maxBytes`: what one RLPx frame can carry. */
const MAX_FRAME_BYTES = 0xff_ff_ff
/** Default wait for an answer; the base protocol's read limit is 30 s. */
const DEFAULT_TIMEOUT_MS = 15_000
/** Codes one protocol may take: message codes stay within two RLP bytes for all protocols of a node together. */
const MAX_LENGTH = 4096

export interface MessageOptions {
  /** Most bytes of the decompressed payload; default 1 MiB. */
  readonly maxBytes?: number | undefined
}

/** One message: its code within the protocol and the codec of its payload. */
export function message<C extends AnyCodec>(
  code: number,
  codec: C,
  options: MessageOptions = {},
): MessageDefinition<C> {
  const { maxBytes = DEFAULT_MAX_BYTES } = checkOptions('message', options, { maxBytes: 'count' })
  return { code, codec, maxBytes }
}

export interface RequestDefinitionOptions<Q, A> extends MessageOptions {
  /** Most bytes of the answer's payload; default as `maxBytes`. */
  readonly maxAnswerBytes?: number | undefined
  readonly timeoutMs?: number | undefined
  /** How many RLP items the question's codec writes, one after the other: `[id, first, second …]`; default 1. */
  readonly items?: number | undefined
  /** The same of the answer's codec; default 1. */
  readonly answerItems?: number | undefined
  /** Whether an answer fits the question; a text says why not, and the peer ends with it. */
  readonly fits?: ((question: Q, answer: A) => true | string) | undefined
}

const REQUEST_KINDS = {
  maxBytes: 'count',
  maxAnswerBytes: 'count',
  timeoutMs: 'limit',
  items: 'count',
  answerItems: 'count',
  fits: 'call',
} as const

/**
 * A question and its answer; both travel as `[id, body]`, as eth has it. The body codecs must write one RLP item, or as
 * many as `items` and `answerItems` say.
 */
export function request<Q, A>(
  code: number,
  question: Codec<Q>,
  answerCode: number,
  answer: Codec<A>,
  options: RequestDefinitionOptions<Q, A> = {},
): RequestDefinition<Codec<Q>, Codec<A>> {
  const {
    maxBytes = DEFAULT_MAX_BYTES,
    maxAnswerBytes = maxBytes,
    timeoutMs = DEFAULT_TIMEOUT_MS,
    items = 1,
    answerItems = 1,
    fits,
  } = checkOptions('request', options, REQUEST_KINDS)
  const answers = { code: answerCode, codec: answer, maxBytes: maxAnswerBytes, items: answerItems }
  return { code, codec: question, maxBytes, items, answer: answers, timeoutMs, fits, exchange }
}

export interface ProtocolOptions<M extends Messages> {
  /** At most 8 characters, a–z and 0–9. */
  readonly name: string
  readonly version: number
  /** How many codes it takes; default: one past the highest code. */
  readonly length?: number | undefined
  readonly messages: M
}

const PROTOCOL_KINDS = { name: 'text', version: 'other', length: 'other', messages: 'thing' } as const

/**
 * Makes a protocol. Codes are explicit, so that reordering never changes the wire.
 *
 * @throws {TypeError} naming a duplicate code, a code past `length`, or a bad name, version or size
 */
export function defineProtocol<const M extends Messages>(options: ProtocolOptions<M>): Protocol<M> {
  const { name, version, messages } = checkOptions('defineProtocol', options, PROTOCOL_KINDS)
  if (!/^[a-z0-9]{1,8}$/.test(name)) throw new TypeError(`protocol name must be 1 to 8 of a-z and 0-9, not "${name}"`)
  if (!Number.isSafeInteger(version) || version < 0)
    throw new TypeError(`version of ${name} must be 0 or more, not ${version}`)
  const highest = checkMessages(name, messages)
  const length = options.length ?? highest + 1
  if (!Number.isSafeInteger(length) || length <= highest || length < 1 || length > MAX_LENGTH) {
    throw new TypeError(`length of ${name} must be ${highest + 1} to ${MAX_LENGTH}, not ${length}`)
  }
  const protocol: Protocol<M> = {
    name,
    version,
    length,
    messages,
    with: (handlers, hooks) => offerOf(protocol, handlers, hooks ?? {}),
  }
  return protocol
}

function offerOf<M extends Messages>(protocol: Protocol<M>, handlers: Handlers<M>, hooks: ProtocolHooks): Offer {
  for (const name of Object.keys(handlers)) {
    if (!Object.hasOwn(protocol.messages, name)) throw new TypeError(`${protocol.name} has no message "${name}"`)
  }
  return {
    protocol: protocol as unknown as Protocol,
    handlers: handlers as Readonly<Record<string, AnyHandler | undefined>>,
    hooks,
  }
}

function checkMessages(protocol: string, messages: Messages): number {
  const names = new Map<number, string>()
  const check = (name: string, { code, maxBytes }: MessageDefinition): void => {
    if (!Number.isSafeInteger(code) || code < 0)
      throw new TypeError(`code of ${protocol}.${name} must be 0 or more, not ${code}`)
    const other = names.get(code)
    if (other !== undefined) throw new TypeError(`${protocol}.${name} and ${protocol}.${other} share the code ${code}`)
    if (!(maxBytes >= 1 && maxBytes <= MAX_FRAME_BYTES))
      throw new TypeError(`maxBytes of ${protocol}.${name} is ${maxBytes}`)
    names.set(code, name)
  }
  for (const [name, definition] of Object.entries(messages)) {
    check(name, definition)
    if ('answer' in definition) check(`${name} (answer)`, definition.answer)
  }
  return Math.max(-1, ...names.keys())
}
