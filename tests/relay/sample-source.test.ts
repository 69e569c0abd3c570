// The sample source as another peer meets it, over TCP.
import { createNode, equalBytes, generatePrivateKey, parseAddress, portableCrypto, toHex } from '@peerwire/core'
import type { Node } from '@peerwire/core'
import { eth } from '@peerwire/eth'
import type { Arrival, Eth } from '@peerwire/eth'
import { tcp } from '@peerwire/transport-tcp'
import { afterEach, describe, expect, it } from 'vitest'
import { SAMPLE_CHAIN_ID, SAMPLE_NETWORK_ID, startSampleSource } from '../../packages/relay/src/sample/index.ts'
import { isGivenBack } from '../support/port-guard.ts'

const opened: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const open of opened.splice(0).toReversed()) await open.close()
})

async function follower(): Promise<{ readonly node: Node; readonly eth: Eth }> {
  const chain = eth({ network: 'auto' })
  const node = createNode({ privateKey: generatePrivateKey(), transports: [tcp()], plugins: [chain] })
  opened.push(node)
  await node.start()
  return { node, eth: chain }
}

function arrivals(chain: Eth, count: number): Promise<readonly Arrival[]> {
  const seen: Arrival[] = []
  return new Promise((resolve) =>
    chain.on('transaction:received', (arrival) => {
      seen.push(arrival)
      if (seen.length === count) resolve(seen)
    }),
  )
}

describe('sample source', () => {
  it('announces transactions that a peer asks for and finds valid', async () => {
    const source = await startSampleSource({ ratePerSecond: 100 })
    opened.push(source)
    const { node, eth: chain } = await follower()
    const received = arrivals(chain, 40)
    const peer = await node.dial(source.address)
    expect(peer.name).toBe('peerwire-sample')
    const list = await received
    expect(chain.network).toMatchObject({ networkId: BigInt(SAMPLE_NETWORK_ID), chainId: SAMPLE_CHAIN_ID })
    for (const { how, transaction } of list) {
      expect(how).toBe('asked')
      expect(equalBytes(portableCrypto.keccak256(transaction.bytes), transaction.hash)).toBe(true)
    }
    expect(new Set(list.map(({ transaction }) => toHex(transaction.sender))).size).toBe(40)
  })

  it('tells a newcomer what it announced before', async () => {
    const source = await startSampleSource({ ratePerSecond: 100 })
    opened.push(source)
    const first = await follower()
    const early = arrivals(first.eth, 10)
    await first.node.dial(source.address)
    const known = (await early).map(({ transaction }) => toHex(transaction.hash))
    const second = await follower()
    const told = arrivals(second.eth, 10)
    await second.node.dial(source.address)
    const seen = (await told).map(({ transaction }) => toHex(transaction.hash))
    expect(seen.filter((hash) => known.includes(hash)).length).toBeGreaterThan(0)
  })

  it('ends with its signal, and refuses a rate that is none', async () => {
    const controller = new AbortController()
    const source = await startSampleSource({ signal: controller.signal })
    const { node } = await follower()
    const peer = await node.dial(source.address)
    controller.abort()
    await new Promise((resolve) => peer.signal.addEventListener('abort', resolve, { once: true }))
    await source.close()
    expect(isGivenBack(parseAddress(source.address).endpoint.port)).toBe(true)
    await expect(startSampleSource({ ratePerSecond: 0 })).rejects.toThrow(RangeError)
    await expect(startSampleSource({ signal: controller.signal })).rejects.toThrow('aborted')
  })
})
