// Large messages on their way out: compressed and sealed in slices, between which others have their turn.
import type { FrameCodec } from '../wire/frame-codec.ts'

/** Snappy's fragments are independent of each other: each is compressed by itself, and only the length is of all. */
const FRAGMENT_BYTES = 65_536
/** 3 ms where compressing is JavaScript. */
const FRAGMENTS_PER_TURN = 8
/** Pieces of a frame: 8 ms where hashing and encrypting is JavaScript in a page. */
const PIECES_PER_TURN = 6

/** A message that is to be sealed. */
export interface Unsealed {
  readonly code: number
  readonly payload: Uint8Array
  /** The payload as snappy made it, where that is known. */
  readonly compressed: Uint8Array | undefined
}

/**
 * Seals one message after the other, also those that come to `waiting` meanwhile, until none is left or the peer has
 * ended. Then a frame that was begun is finished, because a Disconnect may follow it. Payloads must not change,
 * and nothing else may be sealed.
 */
export async function sealWaiting(
  codec: FrameCodec,
  waiting: Unsealed[],
  host: { readonly error: unknown; yieldTurn(run: () => void): void },
  sealed: (frame: Uint8Array, message: Unsealed) => void,
): Promise<void> {
  const turn = async (): Promise<void> => await new Promise((resolve) => host.yieldTurn(resolve))
  for (let next = waiting[0]; next && !host.error; next = waiting[0]) {
    const body = codec.snappy
      ? (next.compressed ?? (await compressInSlices(codec, next.payload, host, turn)))
      : next.payload
    if (host.error) return
    const frame = await sealInSlices(codec, next.code, body, turn)
    waiting.shift()
    sealed(frame, next)
  }
}

async function sealInSlices(
  codec: FrameCodec,
  code: number,
  body: Uint8Array,
  turn: () => Promise<void>,
): Promise<Uint8Array> {
  const sealing = codec.sealingOf(code, body)
  for (let pieces = 1; !sealing.goOn(); pieces++) if (pieces % PIECES_PER_TURN === 0) await turn()
  return sealing.frame
}

async function compressInSlices(
  codec: FrameCodec,
  payload: Uint8Array,
  host: { readonly error: unknown },
  turn: () => Promise<void>,
): Promise<Uint8Array> {
  const output = new Uint8Array(32 + payload.length + Math.ceil(payload.length / 6))
  let at = 0
  let length = payload.length
  for (; length >= 0x80; length = Math.floor(length / 128)) output[at++] = (length & 0x7f) | 0x80
  output[at++] = length
  for (let start = 0, fragments = 1; start < payload.length && !host.error; start += FRAGMENT_BYTES, fragments++) {
    const block = codec.compressPayload(payload.subarray(start, start + FRAGMENT_BYTES))
    // Without the length of its own.
    let from = 0
    while (block[from++]! >= 0x80) continue
    output.set(block.subarray(from), at)
    at += block.length - from
    if (fragments % FRAGMENTS_PER_TURN === 0) await turn()
  }
  return output.subarray(0, at)
}
