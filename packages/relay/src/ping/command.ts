// `peerwire ping`: who is at an address.
import {
  type Address,
  DiscReason,
  discReasonText,
  formatAddress,
  isPeerError,
  type PeerError,
  portableCrypto,
  systemClock,
  toHex,
  type Transport,
} from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { webSocket } from '@peerwire/transport-ws/node'
import type { Command, Surroundings } from '../command/command.ts'
import { type FlagTable, type Given, wholeNumber } from '../command/flags.ts'
import { helpText } from '../command/help.ts'
import type { Output } from '../command/output.ts'
import { readAddress as readPlace } from '../command/places.ts'
import { UsageError } from '../command/usage-error.ts'
import { capabilityTexts, errorFields } from '../relay/report.ts'
import { clientName } from '../version.ts'
import { probe, type ProbeResult } from './probe.ts'

/** Enough for a far node behind a slow handshake; also the limit of our own node's dial. */
const DEFAULT_TIMEOUT_MS = 15_000
const MOST_TIMEOUT_MS = 600_000

const FLAGS: FlagTable = {
  timeout: { value: 'MS', help: `milliseconds to wait in all; default ${DEFAULT_TIMEOUT_MS}` },
  json: { help: 'print one JSON object a line: hello, drop, dialfail, setupfail' },
}

export const pingCommand: Command = {
  name: 'ping',
  summary: 'print who is at an address: client name, version, capabilities, key, round trip',
  flags: FLAGS,
  help: helpText({
    usage: 'ping ADDRESS [flags]',
    about:
      'Connects to enode://KEY@host:port, ws://KEY@host:port/ or wss://KEY@host:port/, prints what the node says of itself, and leaves. It offers no capability, so that most nodes then end the connection as useless: that is no failure.',
    flags: FLAGS,
  }),
  run: runPing,
}

async function runPing(given: Given, { signal, output }: Surroundings): Promise<number> {
  const address = readAddress(given.words)
  const timeoutMs = wholeNumber('timeout', given.value('timeout') ?? String(DEFAULT_TIMEOUT_MS), 1, MOST_TIMEOUT_MS)
  const transport = transportFor(address)
  try {
    const result = await probe(address, { transport, clock: systemClock, name: clientName, timeoutMs, signal })
    return report(address, result, output)
  } catch (error) {
    if (isPeerError(error)) reportFailure(address, error, output)
    throw error
  }
}

function readAddress(words: readonly string[]): Address {
  const [text, more] = words
  if (text === undefined) throw new UsageError('an address is missing: peerwire ping enode://KEY@host:port')
  if (more !== undefined) throw new UsageError(`one address at a time, not also ${more}`)
  try {
    return readPlace(text)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error))
  }
}

function transportFor({ publicKey, endpoint }: Address): Transport {
  const transport = [tcp(), webSocket()].find((candidate) => candidate.canDial(endpoint))
  if (!transport) throw new UsageError(`nothing here dials ${endpoint.scheme}://; known are enode, tcp, ws and wss`)
  if (!portableCrypto.isPublicKey(publicKey)) throw new UsageError('the key in the address is no point of secp256k1')
  return transport
}

// With the fields that a relay's events have.
function reportFailure({ publicKey, endpoint }: Address, error: PeerError, output: Output): void {
  const fields = errorFields(error)
  if (isDialFailure(error)) output.event('dialfail', { ...fields, address: formatAddress({ publicKey, endpoint }) })
  else output.event('setupfail', { ...fields, inbound: false, remote: `${bracketed(endpoint.host)}:${endpoint.port}` })
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host
}

function isDialFailure({ code }: PeerError): boolean {
  return code === 'dial failed' || code === 'dial cancelled'
}

function report(address: Address, result: ProbeResult, output: Output): number {
  const { hello, dialMs, handshakeMs, roundTripMs, refusal } = result
  if (hello) {
    const caps = capabilityTexts(hello.capabilities)
    const times = { dialMs: round(dialMs), handshakeMs: round(handshakeMs) }
    const roundTrip = roundTripMs === undefined ? {} : { roundTripMs: round(roundTripMs) }
    const id = toHex(portableCrypto.keccak256(address.publicKey))
    const { name, version } = hello
    const written = formatAddress(address)
    output.event('hello', {
      id,
      publicKey: toHex(address.publicKey),
      name,
      version,
      caps,
      address: written,
      ...times,
      ...roundTrip,
    })
    for (const line of helloLines(address, result)) output.text(line)
  }
  if (refusal === undefined) return 0
  const remoteRequested = true
  const reason = typeof refusal === 'bigint' ? String(refusal) : refusal
  const message = discReasonText(refusal)
  output.event('drop', { code: 'remote disconnect reason', reason, reasonText: message, message, remoteRequested })
  // A node that has nothing in common with a ping says so, as it should.
  if (hello && refusal === DiscReason.uselessPeer) return 0
  throw new Error(`the remote refused: ${message}`)
}

function helloLines(address: Address, { hello, dialMs, handshakeMs, roundTripMs }: ProbeResult): readonly string[] {
  const { name, version, capabilities } = hello!
  const pong = roundTripMs === undefined ? '' : `, round trip ${round(roundTripMs)} ms`
  return [
    `name        ${name}`,
    `version     ${version} (base protocol)`,
    `caps        ${capabilityTexts(capabilities).join(' ') || 'none'}`,
    `public key  ${toHex(address.publicKey)}`,
    `time        dial ${round(dialMs)} ms, handshake ${round(handshakeMs)} ms${pong}`,
  ]
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10
}
