// A source of chance with fewer calls to the platform's; a file of its own, so that pages that only dial lack it.
import type { Random } from './random.ts'

/** Bytes that `drawAhead` asks for at once: what two or three handshakes use. */
const STOCK_BYTES = 512

/**
 * The same source with fewer calls: the platform's takes a microsecond or two, however little it gives. What was given
 * is overwritten in the stock, so that nobody finds there what a key was made of.
 */
export function drawAhead(random: Random): Random {
  let stock: Uint8Array = new Uint8Array(0)
  const bytes = (length: number): Uint8Array => {
    if (stock.length < length) stock = random.bytes(Math.max(length, STOCK_BYTES))
    const drawn = stock.slice(0, length)
    stock.fill(0, 0, length)
    stock = stock.subarray(length)
    return drawn
  }
  return { bytes, uint32: () => new DataView(bytes(4).buffer).getUint32(0) }
}
