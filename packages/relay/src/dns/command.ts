// `peerwire dns sign`: makes a signed list of nodes to publish in DNS.
import { defaultCrypto } from '@peerwire/core'
import { loadOrCreatePrivateKey } from '@peerwire/core/storage/node'
import { formatTreeUrl, makeTree, parseTreeUrl } from '@peerwire/discovery'
import type { Command, Surroundings } from '../command/command.ts'
import { type FlagTable, type Given, valueOf, wholeNumber } from '../command/flags.ts'
import { helpText } from '../command/help.ts'
import { UsageError } from '../command/usage-error.ts'
import { INFO_FILE, NODES_FILE, readInfo, readNodes, TEXTS_FILE, writeTree, ZONE_FILE } from './tree-files.ts'

/** A key in its written form, where any will do: 2 and 32 bytes. */
const EXAMPLE_KEY: Uint8Array = Uint8Array.of(2, ...new Uint8Array(32))
/** What a sequence can be: fifteen digits. */
const MOST_SEQ = 999_999_999_999_999

const FLAGS: FlagTable = {
  key: { value: 'FILE', help: 'the private key that signs, 64 hex digits; made when the file is missing' },
  domain: { value: 'NAME', help: `where the list will be published; default: that of ${INFO_FILE}` },
  seq: { value: 'N', help: 'sequence of this version; default: one more than the last' },
  link: { value: 'URL', many: true, help: `another list, enrtree://KEY@domain; default: those of ${INFO_FILE}` },
  json: { help: 'print one JSON object: signed' },
}

export const dnsSignCommand: Command = {
  name: 'dns sign',
  summary: 'make a signed list of nodes to publish in DNS (EIP-1459)',
  flags: FLAGS,
  help: helpText({
    usage: 'dns sign DIR --key FILE [flags]',
    about: `Reads the node records in DIR/${NODES_FILE}, signs them as a list, and writes ${TEXTS_FILE} (TXT records by name), ${ZONE_FILE} (the same for a name server) and ${INFO_FILE}. Users are given the URL that it prints: whoever has it finds the nodes, and nobody can change the list without the key.`,
    flags: FLAGS,
    more: ['Example:', '  peerwire dns sign ./nodes --key ./tree-key --domain nodes.example.org'],
  }),
  run: runSign,
}

function checkTree(text: string): string {
  parseTreeUrl(text)
  return text
}

function checkDomain(text: string): void {
  try {
    parseTreeUrl(formatTreeUrl({ key: EXAMPLE_KEY, domain: text }))
  } catch {
    throw new TypeError(`a list is published at a name such as nodes.example.org, not at "${text}"`)
  }
}

async function runSign(given: Given, { output, signal }: Surroundings): Promise<number> {
  const [folder, more] = given.words
  if (folder === undefined) throw new UsageError(`a folder with ${NODES_FILE} is missing: peerwire dns sign DIR`)
  if (more !== undefined) throw new UsageError(`one folder at a time, not also ${more}`)
  const keyFile = given.value('key')
  if (keyFile === undefined) throw new UsageError('--key is missing: the file of the key that signs')
  const links = given.values('link').map((text) => valueOf('link', () => checkTree(text)))
  const asked = given.value('domain')
  if (asked !== undefined) valueOf('domain', () => checkDomain(asked))
  const info = await readInfo(folder)
  const records = await readNodes(folder, signal)
  const domain = asked ?? info.domain
  if (domain === undefined) throw new UsageError('--domain is missing, and there is no list from before')
  const seq = wholeNumber('seq', given.value('seq') ?? String(info.seq + 1), 0, MOST_SEQ)
  if (seq < info.seq) throw new UsageError(`--seq ${seq} is behind ${info.seq}: clients refuse a list that goes back`)
  const linked = given.has('link') ? links : info.links
  const warnings: string[] = []
  const privateKey = await loadOrCreatePrivateKey(keyFile, { warn: (sentence) => warnings.push(sentence) })
  const tree = makeTree({ domain, seq, records, links: linked }, privateKey, defaultCrypto)
  // Until here nothing but a missing key was written; from here all of it is.
  signal.throwIfAborted()
  await writeTree(folder, tree, { seq, links: linked })
  output.event('signed', { url: tree.url, seq, records: records.length, links: linked.length, texts: tree.texts.size })
  output.text(tree.url)
  output.text(`${records.length} records and ${linked.length} links as ${tree.texts.size} TXT records, sequence ${seq}`)
  for (const sentence of warnings) output.text(sentence)
  return 0
}
