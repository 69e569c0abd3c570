// Reads IP addresses written as text into bytes, strictly: one address, one text form family, nothing guessed.

/**
 * The 4 or 16 bytes of an address; `undefined` for anything else, names included.
 *
 * IPv4-mapped IPv6 (`::ffff:1.2.3.4`) gives the 4 bytes. Refused are octets with leading zeros, zones and brackets.
 */
export function parseIp(text: string): Uint8Array | undefined {
  if (!text.includes(':')) return parseIpv4(text)
  const bytes = parseIpv6(text)
  return bytes && isIpv4Mapped(bytes) ? bytes.slice(12) : bytes
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const bytes = new Uint8Array(4)
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255) return undefined
    bytes[i] = Number(part)
  }
  return bytes
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (text.length > 45 || halves.length > 2) return undefined
  const head = parseGroups(halves[0]!, halves.length === 1)
  const tail = parseGroups(halves[1] ?? '', true)
  if (!head || !tail) return undefined
  const missing = 16 - head.length - tail.length
  // A `::` stands for at least one group.
  if (halves.length === 1 ? missing !== 0 : missing < 2) return undefined
  return Uint8Array.from([...head, ...Array.from({ length: missing }, () => 0), ...tail])
}

// Only the very end may be written as IPv4.
function parseGroups(text: string, atEnd: boolean): number[] | undefined {
  if (text === '') return []
  const bytes: number[] = []
  const groups = text.split(':')
  for (const [i, group] of groups.entries()) {
    if (group.includes('.')) {
      const embedded = atEnd && i === groups.length - 1 ? parseIpv4(group) : undefined
      if (!embedded) return undefined
      bytes.push(...embedded)
    } else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = parseInt(group, 16)
      bytes.push(value >> 8, value & 0xff)
    } else return undefined
  }
  return bytes
}

function isIpv4Mapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
}

/** Whether `bytes` begin with the first `bits` bits of `prefix`. */
export function hasPrefix(bytes: Uint8Array, prefix: readonly number[], bits: number): boolean {
  for (let i = 0; i < Math.ceil(bits / 8); i++) {
    const mask = 0xff & (0xff << Math.max(0, 8 * (i + 1) - bits))
    if (((bytes[i]! ^ (prefix[i] ?? 0)) & mask) !== 0) return false
  }
  return true
}

/** The text of 4 or 16 bytes; IPv6 in the form of RFC 5952, with `::` for the first longest run of zeros. */
export function formatIp(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`
  const words = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!)
  let start = 0
  let length = 1
  for (let i = 0; i < 8; i++) {
    let end = i
    while (end < 8 && words[end] === 0) end++
    if (end - i > length) [start, length] = [i, end - i]
  }
  const text = words.map((word) => word.toString(16))
  if (length < 2) return text.join(':')
  return `${text.slice(0, start).join(':')}::${text.slice(start + length).join(':')}`
}
