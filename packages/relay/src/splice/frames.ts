// Frames as a server sends them: without a mask, each in one piece; and what a close frame says.
import { cutReason } from '@peerwire/core'

const BINARY_FRAME = 0x82
const CLOSE_FRAME = 0x88
const PONG_FRAME = 0x8a

/** Close code that stands for a close frame without one; it is never sent. */
export const NO_CODE = 1005
/** Close code that stands for an end without a close frame; it is never sent, either. */
export const LOST = 1006

/** Close codes of RFC 6455 for what must not be sent. */
export const PROTOCOL_ERROR = 1002
const INVALID_TEXT = 1007

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The header of a binary message of `length` bytes; `room` bytes are left free behind it. */
export function binaryFrame(length: number, room = 0): Uint8Array {
  if (length < 126) {
    const frame = Buffer.allocUnsafe(2 + room)
    frame[0] = BINARY_FRAME
    frame[1] = length
    return frame
  }
  if (length < 65_536) {
    const frame = Buffer.allocUnsafe(4 + room)
    frame[0] = BINARY_FRAME
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
    return frame
  }
  const frame = Buffer.allocUnsafe(10 + room)
  frame[0] = BINARY_FRAME
  frame[1] = 127
  frame.writeUIntBE(0, 2, 2)
  frame.writeUIntBE(length, 4, 6)
  return frame
}

/** @param payload - at most 125 bytes */
export function pongFrame(payload: Uint8Array): Uint8Array {
  return controlFrame(PONG_FRAME, payload)
}

/** @param text - cut to the 123 bytes that have room */
export function closeFrame(code: number, text: string): Uint8Array {
  if (code === NO_CODE) return controlFrame(CLOSE_FRAME, new Uint8Array(0))
  const reason = encoder.encode(cutReason(text))
  const payload = new Uint8Array(2 + reason.length)
  payload[0] = code >>> 8
  payload[1] = code & 0xff
  payload.set(reason, 2)
  return controlFrame(CLOSE_FRAME, payload)
}

/** How the other half of a WebSocket ended: by its close frame, or by something that nobody may send. */
export interface HalfEnd {
  /** Of the close frame, 1005 when it has none; or with what a breach is to be answered. */
  readonly code: number
  readonly text: string
  readonly broken: boolean
}

/** What a close frame says. */
export function readClose(payload: Uint8Array): HalfEnd {
  if (payload.length === 0) return { code: NO_CODE, text: '', broken: false }
  const code = payload[0]! * 256 + payload[1]!
  if (!isCloseCode(code)) return { code: PROTOCOL_ERROR, text: `a close frame with the code ${code}`, broken: true }
  try {
    return { code, text: decoder.decode(payload.subarray(2)), broken: false }
  } catch {
    return { code: INVALID_TEXT, text: 'a close frame whose reason is no UTF-8', broken: true }
  }
}

/** Whether a close frame may hold this code: those of the protocol, of libraries, and private ones. */
function isCloseCode(code: number): boolean {
  if (code >= 3000) return code < 5000
  return code >= 1000 && code <= 1014 && !(code >= 1004 && code <= 1006)
}

function controlFrame(first: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(2 + payload.length)
  frame[0] = first
  frame[1] = payload.length
  frame.set(payload, 2)
  return frame
}
