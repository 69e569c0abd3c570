// Where the Go programs of these tests are; they are built on first use.
import { ensureGoPeers } from '../../../scripts/go-peers.mjs'
import type { GoPeers } from '../../../scripts/go-peers.mjs'

let small: Promise<GoPeers | undefined> | undefined
let whole: Promise<GoPeers | undefined> | undefined

/** gethpeer and ethdrive. @throws {Error} where there is no Go: the test runner leaves these tests out there */
export async function goPeers(): Promise<GoPeers> {
  return present(await (small ??= ensureGoPeers()))
}

/** gethpeer, ethdrive, geth and devp2p; built from nothing this takes minutes. @throws {Error} where there is no Go */
export async function goPeersWithGeth(): Promise<Required<GoPeers>> {
  const { gethpeer, ethdrive, geth, devp2p } = present(await (whole ??= ensureGoPeers({ geth: true })))
  if (geth === undefined || devp2p === undefined) throw new Error('geth was asked for and not built')
  return { gethpeer, ethdrive, geth, devp2p }
}

function present(peers: GoPeers | undefined): GoPeers {
  if (!peers) throw new Error('the go-ethereum peers need Go, see CONTRIBUTING.md')
  return peers
}
