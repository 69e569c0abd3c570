// An answer of one plain sentence.
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'

export function plainText(
  response: ServerResponse,
  status: number,
  text: string,
  more: OutgoingHttpHeaders = {},
): void {
  if (response.headersSent || response.destroyed) return
  const body = `${text}\n`
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    ...more,
  })
  response.end(body)
}
