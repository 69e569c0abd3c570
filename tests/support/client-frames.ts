// Frames of a WebSocket as a client writes them, right or wrong; and a reader of what a server answers.

export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

export interface ClientFrame {
  /** Default: binary. */
  readonly opcode?: number
  readonly payload?: Uint8Array
  /** The last frame of its message; default true. */
  readonly final?: boolean
  /** Four bytes; `null` sends it unmasked, which is wrong. */
  readonly mask?: Uint8Array | null
  /** 0 to 7; anything but 0 is wrong. */
  readonly reserved?: number
  /** What the header claims instead of the payload's own length. */
  readonly length?: bigint
  /** Bytes that the length takes: 0 (in the second byte), 2 or 8; default: as few as do. */
  readonly lengthBytes?: 0 | 2 | 8
}

export function clientFrame(frame: ClientFrame = {}): Buffer {
  const { opcode = Opcode.binary, payload = new Uint8Array(0), final = true, reserved = 0 } = frame
  const mask = frame.mask === undefined ? Uint8Array.of(0x37, 0xfa, 0x21, 0x3d) : frame.mask
  const length = frame.length ?? BigInt(payload.length)
  const lengthBytes = frame.lengthBytes ?? (length < 126n ? 0 : length < 65_536n ? 2 : 8)
  const head = Buffer.alloc(2 + lengthBytes)
  head[0] = (final ? 0x80 : 0) | (reserved << 4) | opcode
  head[1] = (mask ? 0x80 : 0) | (lengthBytes === 0 ? Number(length) : lengthBytes === 2 ? 126 : 127)
  if (lengthBytes === 2) head.writeUInt16BE(Number(length), 2)
  if (lengthBytes === 8) head.writeBigUInt64BE(length, 2)
  if (!mask) return Buffer.concat([head, payload])
  return Buffer.concat([head, mask, payload.map((byte, at) => byte ^ mask[at & 3]!)])
}

/** A close frame with this code and reason. */
export function clientClose(code: number, reason = ''): Buffer {
  const payload = Buffer.alloc(2 + Buffer.byteLength(reason))
  payload.writeUInt16BE(code)
  payload.write(reason, 2)
  return clientFrame({ opcode: Opcode.close, payload })
}

export interface ServerFrame {
  readonly opcode: number
  readonly payload: Buffer
}

/** The whole frames at the beginning of what a server sent; @throws {Error} when one is not as a server's must be */
export function serverFrames(bytes: Buffer): ServerFrame[] {
  const frames: ServerFrame[] = []
  for (let at = 0; at + 2 <= bytes.length;) {
    if ((bytes[at]! & 0xf0) !== 0x80) throw new Error(`a first byte of ${bytes[at]} at ${at}`)
    const short = bytes[at + 1]!
    if (short > 127) throw new Error(`a masked frame at ${at}`)
    const start = at + 2 + (short === 127 ? 8 : short === 126 ? 2 : 0)
    if (start > bytes.length) break
    const wide = (): number => (short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : bytes.readUInt16BE(at + 2))
    const length = short < 126 ? short : wide()
    if (start + length > bytes.length) break
    frames.push({ opcode: bytes[at]! & 0x0f, payload: bytes.subarray(start, start + length) })
    at = start + length
  }
  return frames
}
