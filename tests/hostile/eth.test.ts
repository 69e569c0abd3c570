// Questions to a node that serves eth: extremes of numbers give a bounded answer at once, and what can't be read
// ends the asker.
import { describe, expect } from 'vitest'
import { concatBytes, DiscReason, encodeRlp, readList, readListViews, toHex } from '@peerwire/core'
import type { RlpInput } from '@peerwire/core'
import { eth, ethProtocols, headerNumbers } from '@peerwire/eth'
import type { Eth, HeadersQuestion, Status } from '@peerwire/eth'
import type { Attacker } from './support/attacker.ts'
import { costOf } from './support/cost.ts'
import { it } from './support/it.ts'
import { CAPABILITIES } from './support/target.ts'
import type { Target, TargetOptions } from './support/target.ts'
import { within } from './support/wait.ts'

const LAST = 2n ** 64n - 1n
/** The chain that is served ends here. */
const HEAD = 10_000n
const MOST_HEADERS = 1024

const NETWORK = { networkId: 7, genesisHash: '11'.repeat(32), forkId: { hash: Uint8Array.of(1, 2, 3, 4), next: 0n } }
const HASH = new Uint8Array(32).fill(9)

/** On the wire, with eth as the first of the shared protocols. */
const Code = { status: 16, getHeaders: 19, headers: 20, getBodies: 21 } as const

const STATUS: Status = {
  version: 69,
  networkId: 7n,
  genesisHash: new Uint8Array(32).fill(0x11),
  forkId: NETWORK.forkId,
  earliest: 0n,
  latest: HEAD,
  latestHash: HASH,
}

/** A header of which only the number is told: what a server does with a question is what counts. */
function serveNumbers(asked: HeadersQuestion[]): Eth {
  return eth({
    network: NETWORK,
    serve: {
      headers: (question) => {
        asked.push(question)
        const { start } = question
        if (typeof start !== 'bigint') return []
        const numbers = headerNumbers(start, question)
        const end = numbers.findIndex((number) => number > HEAD)
        return (end < 0 ? numbers : numbers.slice(0, end)).map((number) => encodeRlp([number]))
      },
    },
  })
}

async function startEth(start: (options?: TargetOptions) => Promise<Target>) {
  const asked: HeadersQuestion[] = []
  const plugin = serveNumbers(asked)
  const target = await start({ plugins: [plugin] })
  const ready = new Promise<void>((resolve) => void plugin.on('peer:ready', () => resolve()))
  const attacker = await target.session()
  await attacker.greet([{ name: 'eth', version: 69 }, ...CAPABILITIES])
  attacker.send(Code.status, ethProtocols[69].messages.status.codec.encode(STATUS))
  await within('a peer of eth', ready)
  return { asked, target, attacker }
}

async function numbersFor(attacker: Attacker, body: RlpInput): Promise<readonly bigint[]> {
  attacker.send(Code.getHeaders, encodeRlp([1, body]))
  const answer = await attacker.messages.first('an answer', ({ code }) => code === Code.headers)
  const [, headers] = readListViews(answer!.payload)
  return readListViews(headers!).map((header) => BigInt(`0x0${toHex(readList(header)[0] as Uint8Array)}`))
}

function range(first: bigint, count: number, step = 1n): bigint[] {
  return Array.from({ length: count }, (_, i) => first + BigInt(i) * step)
}

const FORWARD = 0
const REVERSE = 1

describe('a question for headers', () => {
  it.for<readonly [string, RlpInput, readonly bigint[]]>([
    ['limit 0', [5, 0, 0, FORWARD], []],
    ['limit 0 from the end of all numbers', [LAST, 0, 0, FORWARD], []],
    ['limit 2^64 - 1', [0, LAST, 0, FORWARD], range(0n, MOST_HEADERS)],
    ['limit 2^64 - 1 in reverse', [HEAD, LAST, 0, REVERSE], range(HEAD, MOST_HEADERS, -1n)],
    ['one past the most that is served', [0, MOST_HEADERS + 1, 0, FORWARD], range(0n, MOST_HEADERS)],
    ['skip 2^64 - 1', [5, 10, LAST, FORWARD], [5n]],
    ['skip 2^64 - 1 in reverse', [5, 10, LAST, REVERSE], [5n]],
    ['skip 2^64 - 2 from 1', [1, 10, LAST - 1n, FORWARD], [1n]],
    ['start 2^64 - 1', [LAST, 10, 0, FORWARD], []],
    ['start 2^64 - 1 in reverse', [LAST, LAST, LAST, REVERSE], []],
    ['all of them 2^64 - 1', [LAST, LAST, LAST, FORWARD], []],
    ['in reverse past genesis', [2, 10, 0, REVERSE], [2n, 1n, 0n]],
    ['by a hash that nobody knows', [HASH, LAST, LAST, FORWARD], []],
  ])('with %s is answered within bounds', async ([, body, expected], { startTarget: start }) => {
    const { asked, target, attacker } = await startEth(start)
    const { stallMs } = await costOf(async () => {
      expect(await numbersFor(attacker, body)).toEqual(expected)
    })
    expect(stallMs).toBeLessThan(1000)
    for (const { limit } of asked) expect(limit <= BigInt(MOST_HEADERS) && limit > 0n).toBe(true)
    await target.expectUnharmed()
  })

  it.for<readonly [string, Uint8Array]>([
    ['a limit of 2^64', encodeRlp([1, [0, LAST + 1n, 0, FORWARD]])],
    ['a start of 2^64', encodeRlp([1, [LAST + 1n, 1, 0, FORWARD]])],
    ['a start of 31 bytes', encodeRlp([1, [HASH.subarray(1), 1, 0, FORWARD]])],
    ['a direction of 2', encodeRlp([1, [0, 1, 0, 2]])],
    ['numbers with leading zeros', encodeRlp([1, [Uint8Array.of(0, 1), 1, 0, FORWARD]])],
    ['a list where a number belongs', encodeRlp([1, [[], 1, 0, FORWARD]])],
    ['too few fields', encodeRlp([1, [0, 1, 0]])],
    ['no fields', encodeRlp([1, []])],
    ['bytes after it', concatBytes(encodeRlp([1, [0, 1, 0, FORWARD]]), Uint8Array.of(1))],
  ])('with %s ends the asker', async ([, payload], { startTarget: start }) => {
    const { asked, target, attacker } = await startEth(start)
    attacker.send(Code.getHeaders, payload)
    expect(await target.removalOf(attacker)).toMatchObject({
      error: { code: 'invalid message', reason: DiscReason.breachOfProtocol },
    })
    expect(await attacker.told()).toBe(DiscReason.breachOfProtocol)
    expect(asked).toEqual([])
    await target.expectUnharmed()
  })

  it('of 4,096 hashes is answered with nothing where nothing is served', async ({ startTarget: start }) => {
    const { target, attacker } = await startEth(start)
    attacker.send(Code.getBodies, encodeRlp([2n ** 64n - 1n, Array.from({ length: 4096 }, () => HASH)]))
    const answer = await attacker.messages.first('an answer', ({ code }) => code === Code.getBodies + 1)
    expect(answer?.payload).toEqual(encodeRlp([2n ** 64n - 1n, []]))
    await target.expectUnharmed()
  })
})

describe('before its Status', () => {
  it('a peer that asks is ended', async ({ startTarget: start }) => {
    const target = await start({ plugins: [serveNumbers([])] })
    const attacker = await target.session()
    await attacker.greet([{ name: 'eth', version: 69 }])
    attacker.send(Code.getHeaders, encodeRlp([1, [0, LAST, 0, FORWARD]]))
    expect(await target.removalOf(attacker)).toMatchObject({ error: { code: 'failed to receive the remote status' } })
    expect(typeof (await attacker.told())).toBe('number')
    await target.expectUnharmed()
  })

  it.for<readonly [string, Partial<Status>, string]>([
    ['of another network', { networkId: 8n }, 'incompatible remote status'],
    ['of another genesis', { genesisHash: HASH }, 'incompatible remote status'],
    ['of another version', { version: 68 }, 'incompatible remote status'],
    ['of a range that ends before it begins', { earliest: LAST, latest: 0n }, 'incompatible remote status'],
  ])('a peer whose Status is %s is ended', async ([, part, code], { startTarget: start }) => {
    const target = await start({ plugins: [serveNumbers([])] })
    const attacker = await target.session()
    await attacker.greet([{ name: 'eth', version: 69 }])
    attacker.send(Code.status, ethProtocols[69].messages.status.codec.encode({ ...STATUS, ...part }))
    expect(await target.removalOf(attacker)).toMatchObject({ error: { code } })
    expect(typeof (await attacker.told())).toBe('number')
    await target.expectUnharmed()
  })

  it('a second Status ends a peer', async ({ startTarget: start }) => {
    const { target, attacker } = await startEth(start)
    attacker.send(Code.status, ethProtocols[69].messages.status.codec.encode(STATUS))
    expect(await target.removalOf(attacker)).toMatchObject({ error: { code: 'unexpected remote status' } })
    await target.expectUnharmed()
  })
})
