// Projects of users in TypeScript: a page's, a server's, each with the entries and settings that it would have.
import { entriesOf, publishedPackages } from './workspace.ts'

/** Entries of Node's alone, beside those that end in `/node`; a page may import the others. */
const NODE_ENTRIES = ['peerwire', '@peerwire/transport-tcp', '@peerwire/core/native']
export const ENTRIES = publishedPackages().flatMap(({ manifest }) => entriesOf(manifest))
const isForNode = (entry: string): boolean => NODE_ENTRIES.includes(entry) || entry.endsWith('/node')
export const BROWSER_ENTRIES = ENTRIES.filter((entry) => !isForNode(entry))

/** Strict, and the declarations of the packages are checked, too. */
export const CONSUMER_OPTIONS = {
  target: 'ES2022',
  lib: ['ES2022', 'DOM', 'DOM.Iterable'],
  module: 'ESNext',
  moduleResolution: 'Bundler',
  types: [] as string[],
  strict: true,
  noEmit: true,
  skipLibCheck: false,
}

/** What `npm create vite@latest -- --template vanilla-ts` writes besides. */
const VITE_OPTIONS = {
  useDefineForClassFields: true,
  allowImportingTsExtensions: true,
  verbatimModuleSyntax: true,
  moduleDetection: 'force',
  noUnusedLocals: true,
  noUnusedParameters: true,
  erasableSyntaxOnly: true,
  noFallthroughCasesInSwitch: true,
  noUncheckedSideEffectImports: true,
}

/** What a page's README says of pages; no platform but a page's is known here. */
const PAGE_PROGRAM = `import './tab.ts'
import { createNode, isPeerError, type NodeOptions } from '@peerwire/core'
import { loadOrCreatePrivateKey, openStorage } from '@peerwire/core/storage'
import { type DialFacts, resolveNode, webSocket } from '@peerwire/transport-ws'
const privateKey: Uint8Array = await loadOrCreatePrivateKey('page', { per: 'profile' })
const transports = [webSocket({ maxUnreadBytes: 1024 * 1024 })]
// @ts-expect-error pages can't listen
webSocket({ listen: 'ws://127.0.0.1:0' })
const options: NodeOptions = { privateKey, transports, storage: openStorage('page') }
export const node = createNode(options)
export const { addresses } = await resolveNode('https://example.org')
export const isSecure = (error: unknown): boolean => isPeerError(error) && (error.cause as DialFacts).securePage
`

/** The same for whoever has the library of disposal. */
const DISPOSING_PROGRAM = `${PAGE_PROGRAM}
export async function run(): Promise<void> {
  await using short = createNode(options)
  await short.start()
}
`

const serverProgram = (suffix: string): string => `
import { createNode } from '@peerwire/core'
import { loadOrCreatePrivateKey, openStorage } from '@peerwire/core/storage${suffix}'
import { discovery, udp } from '@peerwire/discovery${suffix}'
import { eth } from '@peerwire/eth'
import { tcp } from '@peerwire/transport-tcp'
import { webSocket } from '@peerwire/transport-ws${suffix}'
void eth
const privateKey = await loadOrCreatePrivateKey('server.key')
const transports = [tcp({ listen: 'tcp://127.0.0.1:0' }), webSocket({ listen: 'ws://127.0.0.1:0', origins: '*' })]
const plugins = [discovery({ privateKey, socket: udp() })]
export const node = createNode({ privateKey, transports, plugins, storage: openStorage('data') })
`

/** Projects of users, each with all entries that it would use. */
export const PROJECTS = [
  { title: 'a page of Vite’s template', options: VITE_OPTIONS, entries: BROWSER_ENTRIES, program: PAGE_PROGRAM },
  {
    title: 'a page that asks for browsers, its optional properties exact',
    options: { ...VITE_OPTIONS, customConditions: ['browser'], exactOptionalPropertyTypes: true },
    entries: BROWSER_ENTRIES,
    program: PAGE_PROGRAM,
  },
  {
    title: 'a page with `await using`',
    options: { ...VITE_OPTIONS, lib: ['ES2023', 'DOM', 'ESNext.Disposable'] },
    entries: BROWSER_ENTRIES,
    program: DISPOSING_PROGRAM,
  },
  {
    title: 'a server under a bundler’s resolution',
    options: { lib: ['ES2022'], types: ['node'] },
    entries: ENTRIES.filter(isForNode),
    program: serverProgram('/node'),
  },
  ...['Node16', 'NodeNext'].map((module) => ({
    title: `a server under ${module}`,
    options: { lib: ['ES2022'], module, moduleResolution: module, types: ['node'] },
    entries: ENTRIES,
    program: serverProgram(''),
  })),
]
