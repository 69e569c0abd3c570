// A resolver for pages, which have no DNS: JSON over HTTPS, as public resolvers offer it.
import { checkOptions, readBoundedText, type TextAnswer } from '@peerwire/core'
import type { Resolver } from './resolver.ts'
import { joinStrings } from './txt-strings.ts'

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
) => Promise<TextAnswer & Pick<Response, 'ok' | 'status'>>

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
      if (response.ok) return readAnswer(await readText(response, base.host, signal), base.host)
      void response.body?.cancel().catch(() => undefined)
      throw new Error(`${base.host} answered with HTTP status ${response.status}`)
    },
  }
}

async function readText(response: TextAnswer, host: string, signal: AbortSignal): Promise<string> {
  try {
    return await readBoundedText(response, MAX_ANSWER, signal)
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause
    throw new Error(`${host} says too much: ${cause.message}`, { cause })
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
    return [joinStrings(record['data'])]
  })
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
