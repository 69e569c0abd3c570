// What the page and its listener say to each other: pieces of any size, and how many have come.
import { defineProtocol, message, raw, request, struct, uint } from '@peerwire/core'

/** The largest piece: more than any of the page's, less than a frame can carry. */
const MAX_PIECE_BYTES = 12 * 1024 * 1024

export const measuring = defineProtocol({
  name: 'measure',
  version: 1,
  messages: {
    piece: message(0, raw, { maxBytes: MAX_PIECE_BYTES }),
    // Asks for so many pieces.
    want: message(1, struct({ bytes: uint, count: uint })),
    // Answered when so many pieces have come in all.
    received: request(2, uint, 3, uint, { timeoutMs: 120_000 }),
  },
})

/** Bytes that do not compress, the same ones each time. */
export function noise(length) {
  const bytes = new Uint8Array(length)
  let state = length >>> 0
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    bytes[i] = state >>> 24
  }
  return bytes
}

/** Sends `count` pieces of `bytes`, as fast as the link takes them. */
export async function sendPieces(peer, bytes, count) {
  const piece = noise(bytes)
  // One wait for as many as fill a write: the promise of each would be a turn of its own.
  const together = Math.max(1, Math.floor(32_768 / bytes))
  for (let sent = 0; sent < count;) {
    let last
    for (let i = 0; i < together && sent < count; i++, sent++) last = peer.send(measuring, 'piece', piece)
    await last
  }
}
