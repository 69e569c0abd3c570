// Reads the answer of an HTTP server, which may never end, and of which the first byte too many is the last.
import { abortable } from './abort.ts'

/** What is read of the platform's `Response`. */
export type TextAnswer = Pick<Response, 'body' | 'headers'>

/**
 * The whole body as text, UTF-8, as long as it has at most `maxBytes`, counted as they come (unpacked where it is
 * compressed). A body that is not read to its end is cancelled, so that its connection ends, too.
 *
 * @throws {RangeError} at the first byte past them, or at once when more are announced
 * @throws the reason of `signal`
 */
export async function readBoundedText(
  { body, headers }: TextAnswer,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<string> {
  if (!body) return ''
  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  try {
    if (Number(headers.get('content-length') ?? 0) > maxBytes) throw tooMuch(maxBytes)
    for (;;) {
      const part = await abortable(reader.read(), signal)
      if (part.done) return text + decoder.decode()
      bytes += part.value.length
      if (bytes > maxBytes) throw tooMuch(maxBytes)
      text += decoder.decode(part.value, { stream: true })
    }
  } catch (error) {
    // It may be one that never says that it has ended.
    void reader.cancel().catch(() => undefined)
    throw error
  }
}

function tooMuch(maxBytes: number): RangeError {
  return new RangeError(`an answer of more than ${maxBytes} bytes`)
}
