// The messages of addr/1 and how they are written; docs/protocols/addr-1.md is their specification.
import { createNetworkAddress, isAddressPath, judgeAddress, NetworkId } from '../../addresses/network-address.ts'
import type { AddressTransport, NetworkAddress } from '../../addresses/network-address.ts'
import { utf8ToBytes } from '../../base/bytes.ts'
import { rlpError } from '../../wire/rlp-header.ts'
import { bytesOf, listOf, textOf, uintOf } from '../../wire/rlp-values.ts'
import type { RlpInput } from '../../wire/rlp-writer.ts'
import { encodeRlp } from '../../wire/rlp-writer.ts'
import { readRlp } from '../../wire/rlp.ts'
import type { RlpItem } from '../../wire/rlp.ts'
import type { Codec, MessageDefinition, Protocol } from '../../wire/protocol.ts'
import { defineProtocol, message } from '../define-protocol.ts'
import { MAX_ENTRIES, MAX_ITEMS, MAX_MESSAGE_BYTES, MAX_NETWORK_BYTES } from './limits.ts'

/** A node and where it is, as one tells another. */
export interface AddrEntry {
  readonly address: NetworkAddress
  /** 64 bytes. */
  readonly publicKey: Uint8Array
  /** When it was last known to be online, in seconds since 1970. */
  readonly time: number
}

/** Addresses of one network. */
export interface AddrMessage {
  /** The network's name: who keeps another book takes no notice. */
  readonly network: string
  readonly entries: readonly AddrEntry[]
  /** Entries that were read but can't be held: of networks and transports that we don't know, and of those gone. */
  readonly skipped?: number
}

/** What a node asks with. */
export interface GetAddr {
  readonly network: string
}

/** Transports in the order of their numbers. */
const TRANSPORTS: readonly AddressTransport[] = ['tcp', 'ws', 'wss']
const FIELDS = 7
/** Most bytes of a path that a message may hold. */
const MAX_PATH = 64

const getaddrCodec: Codec<GetAddr> = {
  encode: ({ network }) => encodeRlp([utf8ToBytes(network)]),
  decode: (payload) => ({ network: textOf(listOf(readRlp(payload, { maxItems: 64 }), 1)[0], MAX_NETWORK_BYTES) }),
}

const addrCodec: Codec<AddrMessage> = {
  encode: ({ network, entries }) => {
    if (entries.length > MAX_ENTRIES) throw new RangeError(`${entries.length} entries, a message has ${MAX_ENTRIES}`)
    return encodeRlp([utf8ToBytes(network), entries.map(entryToItem)])
  },
  decode: (payload) => {
    const [network, list] = listOf(readRlp(payload, { maxItems: MAX_ITEMS }), 2)
    const items = listOf(list)
    if (items.length > MAX_ENTRIES) throw rlpError(`${items.length} entries where ${MAX_ENTRIES} fit`)
    const entries = items.map(entryOf).filter((entry) => entry !== undefined)
    return { network: textOf(network, MAX_NETWORK_BYTES), entries, skipped: items.length - entries.length }
  },
}

/** `addr/1`: nodes tell each other of nodes. */
export const addr: Protocol<{
  readonly getaddr: MessageDefinition<typeof getaddrCodec>
  readonly addr: MessageDefinition<typeof addrCodec>
}> = /* @__PURE__ */ defineProtocol({
  name: 'addr',
  version: 1,
  messages: {
    getaddr: /* @__PURE__ */ message(0, getaddrCodec, { maxBytes: 256 }),
    addr: /* @__PURE__ */ message(1, addrCodec, { maxBytes: MAX_MESSAGE_BYTES }),
  },
})

function entryToItem({ address, publicKey, time }: AddrEntry): RlpInput {
  const { network, bytes, port, transport, path } = address
  return [network, bytes, port, TRANSPORTS.indexOf(transport), utf8ToBytes(path), publicKey, Math.max(0, time)]
}

// Copies what it keeps: an entry must not hold a whole message in memory. `undefined` for what is to be skipped.
function entryOf(item: RlpItem): AddrEntry | undefined {
  const [networkItem, bytesItem, portItem, transportItem, pathItem, keyItem, timeItem] = listOf(item, FIELDS)
  const network = uintOf(networkItem)
  const bytes = bytesOf(bytesItem)
  const verdict = judgeAddress(network, bytes)
  if (verdict === 'invalid') throw rlpError(`${bytes.length} bytes are no address of network ${network}`)
  const port = uintOf(portItem)
  if (port > 0xffff) throw rlpError(`port ${port} is past 65535`)
  const path = textOf(pathItem, MAX_PATH)
  const publicKey = bytesOf(keyItem, 64)
  const time = uintOf(timeItem)
  const transport = TRANSPORTS[uintOf(transportItem)]
  if (verdict === 'skip' || transport === undefined) return undefined
  if (!isAddressPath(path, transport)) throw rlpError(`the path of a ${transport} address can't be one`)
  if (port === 0 && network !== NetworkId.i2p) return undefined
  const address = createNetworkAddress({ network, bytes: bytes.slice(), port, transport, path })
  return address && { address, publicKey: publicKey.slice(), time }
}
