// Small operations on bytes that every room needs.

const encoder = /* @__PURE__ */ new TextEncoder()
const decoder = /* @__PURE__ */ new TextDecoder('utf-8', { fatal: true })

/**
 * Whether a value is a Uint8Array, of whatever realm: bytes of an iframe, of a worker's test environment or of a `vm`
 * are not an instance of our own.
 */
export function isBytes(value: unknown): value is Uint8Array {
  if (!ArrayBuffer.isView(value)) return false
  return value instanceof Uint8Array || Object.prototype.toString.call(value) === '[object Uint8Array]'
}

/** Joins chunks into one new array; few constant bytes are made quicker as a plain array. */
export function concatBytes(...chunks: readonly ArrayLike<number>[]): Uint8Array {
  let length = 0
  for (const chunk of chunks) length += chunk.length
  const joined = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    joined.set(chunk, offset)
    offset += chunk.length
  }
  return joined
}

/** Whether two arrays hold the same bytes; takes the same time wherever they differ, so it is fit for tags. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false
  let difference = 0
  for (let i = 0; i < left.length; i++) difference |= left[i]! ^ right[i]!
  return difference === 0
}

/** The same memory as a plain array: what a subclass (Node's own) calls `slice` shares memory instead of copying. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  if (bytes.constructor === Uint8Array) return bytes
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

const HEX_DIGITS = /* @__PURE__ */ utf8ToBytes('0123456789abcdef')

/** Lower-case hex without a prefix. */
export function toHex(bytes: Uint8Array): string {
  // Decoded at once: a text that is put together piece by piece is kept in pieces, 1.3 KiB for 32 bytes.
  const digits = new Uint8Array(bytes.length * 2)
  for (let i = 0; i < bytes.length; i++) {
    digits[2 * i] = HEX_DIGITS[bytes[i]! >> 4]!
    digits[2 * i + 1] = HEX_DIGITS[bytes[i]! & 15]!
  }
  return decoder.decode(digits)
}

/**
 * Reads hex, with or without `0x`, in either case.
 *
 * @throws {TypeError} when the text has an odd length or a character that is not hex
 */
export function fromHex(text: string): Uint8Array {
  const digits = text.startsWith('0x') ? text.slice(2) : text
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits)) throw new TypeError(`not hex: ${shorten(text)}`)
  const bytes = new Uint8Array(digits.length / 2)
  for (let i = 0; i < bytes.length; i++) bytes[i] = parseInt(digits.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** A public key the way every line, sentence and inspection shortens it: `d399f4b...`. */
export function shortKey(publicKey: Uint8Array): string {
  return `${toHex(publicKey.subarray(0, 4)).slice(0, 7)}...`
}

/** Cuts long text for a message that a person reads. */
export function shorten(text: string, length = 40): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`
}

export function utf8ToBytes(text: string): Uint8Array {
  return encoder.encode(text)
}

/** @throws {TypeError} when the bytes are not UTF-8 */
export function bytesToUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes)
}
