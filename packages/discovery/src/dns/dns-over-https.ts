// A resolver for pages, which have no DNS: JSON over HTTPS, as public resolvers offer it.
import { checkOptions } from '@peerwire/core'
import type { Resolver } from './resolver.ts'

/** Bytes of an answer; TXT records of a tree are some hundred. */
const MAX_ANSWER = 65_536
/** The number of TXT, and answers that mean that there is nothing. */
const TXT = 16
const NO_ERROR = 0
const NO_SUCH_NAME = 3

/** What is needed of the platform's `fetch`. */
export type Fetch = (
  url: string,
  init: { readonly headers: Readonly<Record<string, string>>; readonly signal: AbortSignal },
) => Promise<Pick<Response, 'ok' | 'status' | 'text' | 'headers'>>

export interface DnsOverHttpsOptions {
  /** Of a resolver that answers `?name=…&type=TXT` with JSON, such as `https://dns.example/resolve`. */
  readonly url: string
  /** The platform's, in Node as in a page: `fetch`. */
  readonly fetch: Fetch
}

/** @throws {TypeError} when the URL isn't one, or naming the option that is wrong */
export function dnsOverHttps(options: DnsOverHttpsOptions): Resolver {
  const { url, fetch } = checkOptions('dnsOverHttps', options, { url: 'text', fetch: 'call' })
  if (!fetch) throw new TypeError('dnsOverHttps needs fetch, that of the platform')
  const base = new URL(url)
  return {
    texts: async (name, signal) => {
      const question = new URL(base)
      question.searchParams.set('name', name)
      question.searchParams.set('type', 'TXT')
      const response = await fetch(question.href, { headers: { accept: 'application/dns-json' }, signal })
      if (!response.ok) throw new Error(`${base.host} answered with HTTP status ${response.status}`)
      if (Number(response.headers.get('content-length') ?? 0) > MAX_ANSWER)
        throw new Error(`${base.host} says too much`)
      const text = await response.text()
      if (text.length > MAX_ANSWER) throw new Error(`${base.host} says too much`)
      return readAnswer(text, base.host)
    },
  }
}

function readAnswer(text: string, host: string): readonly string[] {
  const answer = parse(text)
  if (!isRecord(answer) || typeof answer['Status'] !== 'number') throw new Error(`${host} does not answer in DNS JSON`)
  if (answer['Status'] === NO_SUCH_NAME) return []
  if (answer['Status'] !== NO_ERROR) throw new Error(`${host} answered with DNS status ${answer['Status']}`)
  const records: readonly unknown[] = Array.isArray(answer['Answer']) ? answer['Answer'] : []
  return records.flatMap((record) => {
    if (!isRecord(record) || record['type'] !== TXT || typeof record['data'] !== 'string') return []
    return [unquote(record['data'])]
  })
}

// Some resolvers write the strings of a TXT record in quotes, each by itself, others join them.
function unquote(data: string): string {
  if (!data.startsWith('"')) return data
  const strings = [...data.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, string]) => string!)
  return strings.join('').replaceAll(/\\(.)/g, '$1')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
