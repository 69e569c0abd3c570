// Reads what proxies write of those they speak for: X-Forwarded-For, Forwarded (RFC 7239) and their relatives.
import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'

/** Where somebody is, without brackets or zone; IPv4 within IPv6 as IPv4. */
export interface Hop {
  readonly address: string
  /** 0 where none was written. */
  readonly port: number
}

/** What the proxies say, the nearest one last; `undefined` stands for what is no address, such as `unknown`. */
export interface ForwardedFacts {
  readonly hops: readonly (Hop | undefined)[]
  /** Hosts by which the client asked, with a port where one was written. */
  readonly hosts: readonly string[]
  /** `https` or `http`, as the client asked. */
  readonly scheme: string | undefined
}

/** X-Forwarded-For counts where both are there: few proxies write Forwarded, and others pass on a client's own. */
export function readForwarded(headers: IncomingHttpHeaders): ForwardedFacts {
  const elements = partsOf(textOf(headers['forwarded']), ',').map(readElement)
  const plain = textOf(headers['x-forwarded-for'])
  const named = (name: string): string[] => elements.map((element) => element.get(name) ?? '').filter(Boolean)
  return {
    hops: plain === '' ? named('for').map(readHop) : plain.split(',').map(readHop),
    hosts: [...partsOf(textOf(headers['x-forwarded-host']), ','), ...named('host')],
    scheme: [...partsOf(textOf(headers['x-forwarded-proto']), ','), ...named('proto')][0]?.toLowerCase(),
  }
}

/**
 * An address as proxies write it: IPv4 or IPv6, in brackets or not, with a port or not, quoted or not, with a zone or
 * not.
 */
export function readHop(text: string): Hop | undefined {
  const bare = text.trim().replace(/^"(.*)"$/, '$1')
  const [, inBrackets, bracketPort] = /^\[([^\]]*)\](?::(\d{1,5}))?$/.exec(bare) ?? []
  const [, ipv4, ipv4Port] = /^([^:]*):(\d{1,5})$/.exec(bare) ?? []
  const address = plainAddress(inBrackets ?? ipv4 ?? bare)
  return isIP(address) === 0 ? undefined : { address, port: Number(bracketPort ?? ipv4Port ?? 0) }
}

/** Without a zone, which means nothing elsewhere; IPv4 within IPv6 as IPv4. */
export function plainAddress(text: string): string {
  const address = text.replace(/%.*$/, '').toLowerCase()
  const mapped = /^::ffff:([\d.]+)$/.exec(address)?.[1]
  return mapped !== undefined && isIP(mapped) === 4 ? mapped : address
}

function readElement(text: string): ReadonlyMap<string, string> {
  const pairs = partsOf(text, ';').map((pair): [string, string] => {
    const at = pair.indexOf('=')
    const value = pair.slice(at + 1).trim()
    return [pair.slice(0, Math.max(0, at)).trim().toLowerCase(), value.startsWith('"') ? unquoted(value) : value]
  })
  return new Map(pairs)
}

function unquoted(text: string): string {
  return text.replace(/^"|"$/g, '').replaceAll(/\\(.)/g, '$1')
}

/** Cuts at `separator` outside of quotes; nothing empty. */
function partsOf(text: string, separator: string): string[] {
  const parts: string[] = []
  let isQuoted = false
  let from = 0
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '"') isQuoted = !isQuoted
    else if (isQuoted && text[at] === '\\') at++
    else if (!isQuoted && text[at] === separator) {
      parts.push(text.slice(from, at))
      from = at + 1
    }
  }
  return [...parts, text.slice(from)].map((part) => part.trim()).filter(Boolean)
}

function textOf(header: string | string[] | undefined): string {
  return Array.isArray(header) ? header.join(',') : (header ?? '')
}
