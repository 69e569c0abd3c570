// Base32 (RFC 4648) in lower case without padding, as onion and I2P names are written.

const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567'

/** Lower-case base32 without padding; unused bits of the last letter are zero. */
export function toBase32(bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = ((held << 8) | byte) & 0xfff
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += LETTERS[(held >> bits) & 31]
    }
  }
  return bits === 0 ? text : text + LETTERS[(held << (5 - bits)) & 31]
}

/** Reads it back; `undefined` for other letters, for a length that no bytes give, and when unused bits are set. */
export function fromBase32(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array((text.length * 5) >> 3)
  let held = 0
  let bits = 0
  let length = 0
  for (const letter of text) {
    const value = LETTERS.indexOf(letter)
    if (value < 0) return undefined
    held = ((held << 5) | value) & 0xfff
    bits += 5
    if (bits >= 8) {
      bits -= 8
      bytes[length++] = (held >> bits) & 0xff
    }
  }
  return bits < 5 && (held & ((1 << bits) - 1)) === 0 ? bytes : undefined
}
