// Which known word was probably meant.

/** The known word with the fewest typing errors against `typed`; absent when none is near. */
export function nearest(typed: string, known: readonly string[]): string | undefined {
  let best: string | undefined
  let fewest = Math.max(2, Math.floor(typed.length / 3)) + 1
  for (const word of known) {
    const errors = word.startsWith(typed) && typed.length > 1 ? 1 : distance(typed, word)
    if (errors >= fewest) continue
    fewest = errors
    best = word
  }
  return best
}

/** Letters to insert, drop or change between two words (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const changed = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(changed, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
