// Base64 for URLs without padding (RFC 4648, section 5), the text form of records.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

export function toBase64Url(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
    for (let digit = 0; digit <= Math.min(left, 3); digit++) text += ALPHABET[(group >> (18 - 6 * digit)) & 63]
  }
  return text
}

/** @throws {TypeError} for a character outside the alphabet, padding, a length that can't be, or bits that are lost */
export function fromBase64Url(text: string): Uint8Array {
  if (text.length % 4 === 1) throw new TypeError(`base64 can't have ${text.length} characters`)
  const bytes = new Uint8Array(Math.floor((text.length * 3) / 4))
  let bits = 0
  let held = 0
  let end = 0
  for (const letter of text) {
    const digit = ALPHABET.indexOf(letter)
    if (digit < 0) throw new TypeError(`'${letter}' does not belong into base64 for URLs`)
    held = ((held << 6) | digit) & 0xffff
    bits += 6
    if (bits < 8) continue
    bits -= 8
    bytes[end++] = held >> bits
  }
  if ((held & ((1 << bits) - 1)) !== 0) throw new TypeError('base64 with bits past its end')
  return bytes
}
