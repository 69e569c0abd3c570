// What a TXT record says, where a resolver gives it as text: bare, or as strings in quotes.

/**
 * The strings of a TXT record joined. Some resolvers write them in quotes, each by itself, others have joined them. One
 * walk over what a stranger wrote, however many quotes are in it; what is outside of quotes is nothing, and a string
 * that is not closed goes to the end.
 */
export function joinStrings(data: string): string {
  if (!data.startsWith('"')) return data
  let text = ''
  let isWithin = false
  for (let at = 0; at < data.length; at++) {
    const char = data[at]!
    if (char === '"') isWithin = !isWithin
    else if (isWithin) text += char === '\\' ? (data[++at] ?? '') : char
  }
  return text
}
