// SHA-256 of what is there as a whole.

/** Bytes that are hashed at once. */
const BLOCK_BYTES = 64
/** What follows the bytes at least: a mark and their length in bits. */
const END_BYTES = 9

// What it begins with, and a constant for each step; made on first use.
let made: { readonly start: Uint32Array; readonly steps: Uint32Array } | undefined

// The first 32 bits behind the point of square and cube roots of the first primes, exactly. @see FIPS 180-4, 4.2.2
function makeConstants(): NonNullable<typeof made> {
  const start = new Uint32Array(8)
  const steps = new Uint32Array(64)
  for (let candidate = 2, i = 0; i < 64; candidate++) {
    let divisor = 2
    while (candidate % divisor) divisor++
    if (divisor < candidate) continue
    if (i < 8) start[i] = fractionOfRoot(candidate, 2)
    steps[i++] = fractionOfRoot(candidate, 3)
  }
  return { start, steps }
}

// By halving: numbers of JavaScript promise no root's last bits.
function fractionOfRoot(value: number, degree: number): number {
  const power = BigInt(degree)
  const scaled = BigInt(value) << (32n * power)
  let root = 0n
  for (let bit = 1n << 37n; bit > 0n; bit >>= 1n) if ((root | bit) ** power <= scaled) root |= bit
  return Number(root & 0xffff_ffffn)
}

const schedule = /* @__PURE__ */ new Uint32Array(64)

/** The 32-byte hash; a fresh array. */
export function sha256(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { start, steps } = (made ??= makeConstants())
  const { length } = bytes
  const padded = new Uint8Array(Math.ceil((length + END_BYTES) / BLOCK_BYTES) * BLOCK_BYTES)
  const view = new DataView(padded.buffer)
  padded.set(bytes)
  padded[length] = 0x80
  view.setUint32(padded.length - 8, length / 2 ** 29)
  view.setUint32(padded.length - 4, length * 8)
  const state = start.slice()
  for (let at = 0; at < padded.length; at += BLOCK_BYTES) compress(state, view, at, steps)
  schedule.fill(0)
  padded.fill(0)
  state.forEach((word, i) => view.setUint32(4 * i, word))
  return padded.slice(0, 32)
}

function compress(state: Uint32Array, view: DataView, at: number, steps: Uint32Array): void {
  for (let i = 0; i < 64; i++) {
    const near = schedule[i - 2]!
    const far = schedule[i - 15]!
    schedule[i] =
      i < 16
        ? view.getUint32(at + 4 * i)
        : (turned(near, 17) ^ turned(near, 19) ^ (near >>> 10)) +
          schedule[i - 7]! +
          (turned(far, 7) ^ turned(far, 18) ^ (far >>> 3)) +
          schedule[i - 16]!
  }
  let [a, b, c, d, e, f, g, h] = state as unknown as [number, number, number, number, number, number, number, number]
  for (let i = 0; i < 64; i++) {
    const first = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + steps[i]! + schedule[i]!
    const second = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))
    h = g
    g = f
    f = e
    e = (d + first) | 0
    d = c
    c = b
    b = a
    a = (first + second) | 0
  }
  const worked = [a, b, c, d, e, f, g, h]
  for (let i = 0; i < 8; i++) state[i]! += worked[i]!
}

function turned(word: number, bits: number): number {
  return (word >>> bits) | (word << -bits)
}
