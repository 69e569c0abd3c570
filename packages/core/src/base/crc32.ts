// CRC-32, which finds every flipped bit and byte of a line; against people with intentions it is no help.

/** The reversed polynomial of IEEE 802.3. */
const POLYNOMIAL = 0xedb88320

let table: Uint32Array | undefined

/** The CRC-32 of a text in ASCII, as 8 hex digits; `undefined` when a character is none of ASCII. */
export function crc32(text: string): string | undefined {
  table ??= makeTable()
  let crc = 0xffff_ffff
  let all = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    all |= code
    crc = (crc >>> 8) ^ table[(crc ^ code) & 0xff]!
  }
  return all > 0x7f ? undefined : (~crc >>> 0).toString(16).padStart(8, '0')
}

function makeTable(): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? POLYNOMIAL : 0)
    return value
  })
}
