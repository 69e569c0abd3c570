// What is sent: bytes that don't compress, and words that do, about as blocks and transactions do.
const WORDS =
  'block header transaction receipt account storage nonce gas limit price value input signature parent'.split(' ')

/** The same numbers from 0 to 1 every time. */
function createDraw(seed) {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 0x1_0000_0000
  }
}

export function randomPayload(bytes) {
  const draw = createDraw(bytes)
  return Buffer.from(Uint8Array.from({ length: bytes }, () => draw() * 256))
}

/** Four fifths of the pieces are words, the others 4 to 31 random bytes. */
export function mixedPayload(bytes) {
  const draw = createDraw(bytes + 1)
  const pieces = []
  for (let length = 0; length < bytes;) {
    const isWord = draw() < 0.8
    const piece = isWord
      ? Buffer.from(`${WORDS[Math.floor(draw() * WORDS.length)]} `)
      : Buffer.from(Uint8Array.from({ length: 4 + Math.floor(draw() * 28) }, () => draw() * 256))
    pieces.push(piece)
    length += piece.length
  }
  return Buffer.concat(pieces).subarray(0, bytes)
}
