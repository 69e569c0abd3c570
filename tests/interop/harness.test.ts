// The Go programs themselves: what the other interop tests take for granted.
import { expect } from 'vitest'
import { it } from './support/it.ts'
import { GENESIS_HASH, HEAD_HASH, HEAD_NUMBER, NETWORK_ID } from './support/real-geth.ts'

it('two gethpeers connect, exchange a message and part with a reason', async ({ gethpeer }) => {
  const listener = await gethpeer('-echo')
  const dialer = await gethpeer('-dial', listener.enode, '-send', '3:c0', '-discreason', '4', '-discafter', '300ms')
  const accepted = await listener.waitFor('peer')
  expect(accepted).toMatchObject({ id: dialer.id, name: 'gethpeer/v1/go', caps: ['test/1'], inbound: true })
  expect(await dialer.waitFor('message')).toMatchObject({ code: 3, size: 1, hex: 'c0' })
  expect(await listener.waitFor('drop')).toMatchObject({ id: dialer.id, error: 'too many peers' })
})

it('a full geth starts at the known head, makes blocks and takes transactions', async ({ realGeth }) => {
  const geth = await realGeth({ pool: 3 })
  expect(geth.pool.map(({ type }) => type)).toEqual([0, 2, 0])
  expect(await geth.rpc('net_version')).toBe(String(NETWORK_ID))
  expect(await geth.rpc('eth_getBlockByNumber', ['0x0', false])).toMatchObject({ hash: GENESIS_HASH })
  expect(await geth.rpc('eth_getBlockByNumber', ['latest', false])).toMatchObject({
    number: `0x${HEAD_NUMBER.toString(16)}`,
    hash: HEAD_HASH,
  })
  const { transactions, blockHashes } = await geth.drive({ blocks: 1, pool: 1 })
  const head = await geth.rpc('eth_getBlockByNumber', ['latest', false])
  expect(head).toMatchObject({ number: '0x9', hash: blockHashes[0] })
  expect((head as { transactions: string[] }).transactions).toHaveLength(geth.pool.length + 2)
  expect(await geth.rpc('eth_getTransactionByHash', [transactions.at(-1)?.hash])).toMatchObject({ blockHash: null })
})
