// Stored values of the first version, which were one text of JSON.

const BRACE = 0x7b

/** The object in the text; `undefined` for what is none, or has more bytes than it could. */
export function readFirstObject(bytes: Uint8Array, maxBytes: number): Readonly<Record<string, unknown>> | undefined {
  if (bytes[0] !== BRACE || bytes.length > maxBytes) return undefined
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as Record<string, unknown>
  } catch {
    return undefined // whatever it is, it is not what was written
  }
}
