// The WebSocket close codes with which a bridge says why; the reasons are for people.

export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  unsupportedData: 1003,
  unknownAlias: 4404,
  idle: 4408,
  tooMany: 4429,
  targetFailed: 4502,
} as const

/** Bytes a close frame has for its reason. */
const MAX_REASON_BYTES = 123

/** A reason that fits a close frame. */
export function closeReason(text: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= MAX_REASON_BYTES) return text
  return bytes
    .subarray(0, MAX_REASON_BYTES)
    .toString()
    .replace(/\ufffd+$/, '')
}
