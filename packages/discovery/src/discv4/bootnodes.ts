// The nodes to begin with, read from their written forms; names are looked up where the socket can.
import { parseNodeUrl } from '../records/node-url.ts'
import { parseRecord } from '../records/record.ts'
import type { Crypto } from '@peerwire/core'
import { knownNode, nodeOfRecord, nodeOfUrl } from './known-node.ts'
import type { KnownNode } from './known-node.ts'
import type { DatagramSocket } from './socket.ts'

/**
 * Reads `enode://…` and `enr:…`. A name that leads nowhere now leaves its node out.
 *
 * @throws {TypeError} naming the text that can't be read, or that says not where its node is
 */
export async function resolveBootnodes(
  texts: readonly string[],
  socket: Pick<DatagramSocket, 'lookup'>,
  crypto: Crypto,
): Promise<readonly KnownNode[]> {
  const nodes = await Promise.all(texts.map((text) => resolveNode(text, socket, crypto)))
  return nodes.flatMap((node) => node ?? [])
}

async function resolveNode(
  text: string,
  socket: Pick<DatagramSocket, 'lookup'>,
  crypto: Crypto,
): Promise<KnownNode | undefined> {
  const node = parseNode(text, crypto)
  if (node) return node
  const { host, ...rest } = parseNodeUrl(text, crypto)
  if (host === undefined) throw new TypeError(`this says not where the node is: ${text.slice(0, 80)}`)
  const ip = await socket.lookup?.(host)
  return ip === undefined ? undefined : knownNode({ ...rest, host: ip }, crypto)
}

/**
 * A node in one of its written forms, `enode://…` or `enr:…`; `undefined` when it has a name for its address, or
 * none.
 *
 * @throws {TypeError} when it is neither
 * @throws {PeerError} `invalid message` for a record that is not right
 */
export function parseNode(text: string, crypto: Crypto): KnownNode | undefined {
  return /^enr:/i.test(text)
    ? nodeOfRecord(parseRecord(text, crypto), crypto)
    : nodeOfUrl(parseNodeUrl(text, crypto), crypto)
}
