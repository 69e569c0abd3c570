// What a person reads when the relay has started.
import { version } from '../version.ts'
import type { Relay } from './relay.ts'

/** The lines, in order. */
export function bannerLines({
  addresses,
  bridge,
  bridgeAllow,
  dataDir,
  found,
  hasSample,
  notice,
  pageUrl,
  record,
}: Relay): readonly string[] {
  const tabAddress = addresses.find((address) => /^wss?:/.test(address))
  return [
    `peerwire ${version} relay`,
    '',
    ...(pageUrl ? [`  page     ${pageUrl}`] : []),
    ...addresses.map((address) => `  address  ${address}`),
    ...(found ? [`  udp      ${found.udp}`] : []),
    ...(record ? [`  record   ${record}`] : []),
    `  data     ${dataDir}`,
    ...(hasSample ? ['  sample   made-up transactions, announced by a peer of their own'] : []),
    ...(bridge.length + bridgeAllow.length > 0
      ? []
      : ['  bridge   closed (opened by --bridge ALIAS=enode://KEY@host:port)']),
    ...bridge.map(
      ({ alias, address, endpoint }) => `  bridge   ${alias}: ${address ?? `${endpoint} (add the key of the target)`}`,
    ),
    ...bridgeAllow.map((rule) => `  bridge   tickets may name ${rule}`),
    ...(notice ? [`  use      ${notice}`] : []),
    '',
    ...(tabAddress ? ["In a tab's program:", `  await node.dial('${tabAddress}')`, ''] : []),
  ]
}
