// Messages one way over one connection, by size, by what they hold, and with or without compression.
import { measureRates } from '../lib/measure.mjs'
import { mixedPayload, randomPayload } from '../lib/payloads.mjs'

const SIZES = [
  { bytes: 100, unit: 'msg/s', size: '100 B' },
  { bytes: 1024, unit: 'msg/s', size: '1 KiB' },
  { bytes: 65_536, unit: 'MB/s', size: '64 KiB' },
  { bytes: 1_048_576, unit: 'MB/s', size: '1 MiB' },
]
const RANDOM = { payloadOf: randomPayload, holds: 'random' }
const KINDS = [
  { ...RANDOM, snappy: false },
  { ...RANDOM, snappy: true },
  { payloadOf: mixedPayload, holds: 'words', snappy: true },
]

/** @type {import('./index.mjs').Case} */
export const messages = {
  name: 'messages',
  title: 'Messages one way over TCP',
  references: { geth: 'geth rlpx', ethereumjs: 'ethereumjs', libp2p: 'libp2p' },
  measure: async ({ contestants, options }) => {
    const found = contestants.filter(({ over }) => over === 'tcp')
    return await measureRates(found, tasks('messages', SIZES, KINDS), options)
  },
}

/** @type {import('./index.mjs').Case} */
export const messagesOverWebSocket = {
  name: 'websocket',
  title: 'Messages one way over WebSocket',
  references: { libp2p: 'libp2p ws' },
  measure: async ({ contestants, options }) => {
    const sizes = options.quick ? SIZES.slice(0, 2) : SIZES
    const found = contestants.filter(({ over }) => over === 'ws')
    return await measureRates(found, tasks('messages, WebSocket', sizes, KINDS.slice(0, 2)), options)
  },
}

function tasks(name, sizes, kinds) {
  return sizes.flatMap(({ bytes, unit, size }) =>
    kinds.map(({ payloadOf, holds, snappy }) => ({
      case: name,
      payload: `${size} ${holds}`,
      snappy,
      unit,
      request: { do: 'throughput', payload: payloadOf(bytes).toString('base64'), snappy },
      count: 'messages',
      worth: unit === 'MB/s' ? bytes / 1e6 : 1,
    })),
  )
}
