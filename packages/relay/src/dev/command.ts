// `peerwire dev echo`: a peer that returns every message, or one that sends messages and checks what returns.
import {
  createNode,
  generatePrivateKey,
  type Node,
  type Peer,
  systemClock,
  type Timer,
  toHex,
  type Transport,
} from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { webSocket } from '@peerwire/transport-ws/node'
import type { Command, Surroundings } from '../command/command.ts'
import { type FlagTable, type Given, valueOf, wholeNumber } from '../command/flags.ts'
import { helpText } from '../command/help.ts'
import { holdEvents, type Output } from '../command/output.ts'
import { readAddress, readEndpoint } from '../command/places.ts'
import { UsageError } from '../command/usage-error.ts'
import { reportListening, reportNode } from '../relay/report.ts'
import { clientName } from '../version.ts'
import { nameOf, parseCapability, type RawProtocol, titleOf } from './capability.ts'
import { EchoCheck, readSends, type Send } from './sends.ts'

const DEFAULT_CAPABILITY = 'test/1:16'
const DEFAULT_LISTEN = 'tcp://127.0.0.1:0'
/** For the dial and all echoes. */
const DEFAULT_TIMEOUT_MS = 60_000
const MOST_TIMEOUT_MS = 86_400_000
/** Bytes of a payload that are shown. */
const SHOWN_BYTES = 32

const FLAGS: FlagTable = {
  listen: {
    value: 'URL',
    many: true,
    help: `where to listen: tcp://host:port or ws://host:port; default ${DEFAULT_LISTEN}`,
  },
  dial: { value: 'ADDRESS', help: 'connect to this address instead' },
  cap: {
    value: 'NAME/V:CODES',
    many: true,
    help: `a subprotocol and its number of codes; default ${DEFAULT_CAPABILITY}`,
  },
  send: {
    value: 'CODE:HEX',
    many: true,
    help: 'with --dial: send this message and wait for its echo; NAME/V:CODE:HEX for a certain capability',
  },
  size: { value: 'BYTES', help: 'with --dial: send as many random bytes with code 0' },
  count: { value: 'N', help: 'how often to send; default 1' },
  timeout: { value: 'MS', help: `milliseconds for the dial and all echoes; default ${DEFAULT_TIMEOUT_MS}` },
  json: { help: 'print one JSON object a line: listening, peer, message, drop, setupfail, dialfail' },
}

export const devEchoCommand: Command = {
  name: 'dev echo',
  summary: 'serve or call a subprotocol that returns each message, for interop work',
  flags: FLAGS,
  help: helpText({
    usage: 'dev echo [flags]',
    about:
      'Listens, or dials, and returns every message with its code and payload. With --send or --size it sends messages itself, checks that they come back unaltered, and ends.',
    flags: FLAGS,
    more: [
      'Examples:',
      '  peerwire dev echo --listen tcp://127.0.0.1:30303 --cap test/1:16',
      '  peerwire dev echo --dial enode://KEY@127.0.0.1:30303 --send 0:c0 --send 15:0102 --count 100',
    ],
  }),
  run: runEcho,
}

async function runEcho(given: Given, surroundings: Surroundings): Promise<number> {
  const [word] = given.words
  if (word !== undefined)
    throw new UsageError(`there is nothing to do with "${word}"; an address is given as --dial ${word}`)
  const texts = given.has('cap') ? given.values('cap') : [DEFAULT_CAPABILITY]
  const protocols = texts.map((text) => valueOf('cap', () => parseCapability(text)))
  const double = protocols.map(titleOf).find((title, index, all) => all.indexOf(title) !== index)
  if (double !== undefined) throw new UsageError(`--cap: ${double} was given twice`)
  return given.has('dial') ? await call(given, protocols, surroundings) : await serve(given, protocols, surroundings)
}

async function serve(
  given: Given,
  protocols: readonly RawProtocol[],
  { signal, output }: Surroundings,
): Promise<number> {
  for (const flag of ['send', 'size', 'count', 'timeout']) {
    if (given.has(flag)) throw new UsageError(`--${flag} needs --dial`)
  }
  const listen = given.has('listen') ? given.values('listen') : [DEFAULT_LISTEN]
  const held = holdEvents(output)
  const node = echoNode(listenTransports(listen), protocols, held.output, echoBack)
  reportNode(node, held.output)
  await node.start()
  reportListening(node.addresses, output)
  for (const address of node.addresses) output.text(address)
  held.release()
  await untilAborted(signal)
  await node.close()
  return 0
}

async function call(
  given: Given,
  protocols: readonly RawProtocol[],
  { signal, output }: Surroundings,
): Promise<number> {
  if (given.has('listen')) throw new UsageError('--listen and --dial exclude each other')
  const address = valueOf('dial', () => readAddress(given.value('dial')!))
  const { sends, count } = readSends(given, protocols)
  const timeoutMs = wholeNumber('timeout', given.value('timeout') ?? String(DEFAULT_TIMEOUT_MS), 1, MOST_TIMEOUT_MS)
  const check = new EchoCheck()
  const onMessage = sends.length === 0 ? echoBack : (_: Peer, echo: Send): void => check.returned(echo)
  const node = echoNode([tcp(), webSocket()], protocols, output, onMessage)
  reportNode(node, output)
  const limit = limitBy(signal, timeoutMs, () => `${check.waiting} echoes are missing`)
  await node.start()
  try {
    const peer = await node.dial(address, { signal: limit.signal })
    output.text(`connected to ${peer.name}`)
    if (sends.length === 0) await ended(peer, signal)
    else await exchange(peer, { sends, count, check, limit: limit.signal })
    return 0
  } finally {
    limit.cancel()
    await node.close()
  }
}

interface Limit extends Timer {
  readonly signal: AbortSignal
}

// Not `AbortSignal.any` with a `timeout`: Node 20 may collect them before their time.
function limitBy(signal: AbortSignal, timeoutMs: number, missing: () => string): Limit {
  const controller = new AbortController()
  const stop = (): void => controller.abort(new Error(`${(signal.reason as Error).message}: ${missing()}`))
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const timer = systemClock.setTimer(timeoutMs, () => {
    controller.abort(new Error(`not done within ${timeoutMs} ms: ${missing()}`))
  })
  return {
    signal: controller.signal,
    cancel: () => {
      timer.cancel()
      signal.removeEventListener('abort', stop)
    },
  }
}

interface Exchange {
  readonly sends: readonly Send[]
  readonly count: number
  readonly check: EchoCheck
  readonly limit: AbortSignal
}

async function exchange(peer: Peer, { sends, count, check, limit }: Exchange): Promise<void> {
  for (const { protocol } of sends) {
    if (!peer.shares(protocol)) throw new Error(`the remote does not speak ${titleOf(protocol)}`)
  }
  const work = async (): Promise<void> => {
    for (let round = 0; round < count; round++) {
      for (const send of sends) {
        check.sent(send)
        // A copy: what is sent belongs to the link.
        await peer.send(send.protocol, nameOf(send.code), send.payload.slice())
      }
    }
    await check.all()
  }
  await Promise.race([work(), aborted(limit), lost(peer)])
}

type OnMessage = (peer: Peer, message: Send) => void | Promise<void>

async function echoBack(peer: Peer, { protocol, code, payload }: Send): Promise<void> {
  await peer.send(protocol, nameOf(code), payload)
}

function echoNode(
  transports: readonly Transport[],
  protocols: readonly RawProtocol[],
  output: Output,
  onMessage: OnMessage,
): Node {
  const offers = protocols.map((protocol) => {
    const cap = titleOf(protocol)
    const handlers: Record<string, (peer: Peer, payload: Uint8Array) => void | Promise<void>> = {}
    for (let code = 0; code < protocol.length; code++) {
      handlers[nameOf(code)] = (peer, payload) => {
        const hex = toHex(payload.subarray(0, SHOWN_BYTES))
        output.event('message', { id: peer.id, cap, code, size: payload.length, hex })
        output.text(`${cap} code ${code}: ${payload.length} bytes ${hex}${payload.length > SHOWN_BYTES ? '…' : ''}`)
        return onMessage(peer, { protocol, code, payload })
      }
    }
    return protocol.with(handlers)
  })
  return createNode({
    privateKey: generatePrivateKey(),
    name: clientName,
    transports,
    protocols: offers,
    limits: { acceptIntervalMs: 0 },
  })
}

function listenTransports(texts: readonly string[]): readonly Transport[] {
  return texts.map((text) => {
    const { scheme } = valueOf('listen', () => readEndpoint(text))
    if (scheme === 'tcp') return tcp({ listen: text })
    if (scheme === 'ws') return webSocket({ listen: text })
    throw new UsageError(`--listen: a listener is tcp://host:port or ws://host:port, not ${text}`)
  })
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  await aborted(signal).catch(() => undefined)
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason as Error)
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

/** Rejects when the peer is gone. */
async function lost(peer: Peer): Promise<never> {
  return await aborted(peer.signal)
}

/** Resolves when we are told to stop; rejects when the peer ends before. */
async function ended(peer: Peer, signal: AbortSignal): Promise<void> {
  await Promise.race([untilAborted(signal), lost(peer)])
}
