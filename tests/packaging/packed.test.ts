// What a user gets: packed packages are whole; installed offline they type-check, run in Node and bundle for a page.
import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { build as esbuild } from 'esbuild'
import { build as viteBuild } from 'vite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inRoot, root } from '../../scripts/lib/paths.mjs'
import { createConsumer } from './support/consumer.ts'
import type { Consumer } from './support/consumer.ts'
import { isLong } from '../support/counts.ts'
import { startProcess } from '../support/json-process.ts'
import type { JsonProcess } from '../support/json-process.ts'
import { DIALER } from './support/dialer.ts'
import { mustRun } from './support/program.ts'
import { BROWSER_ENTRIES, CONSUMER_OPTIONS, ENTRIES, PROJECTS } from './support/projects.ts'
import { pathsOf, publishedPackages } from './support/workspace.ts'
import type { Manifest } from './support/workspace.ts'

const NAMES = publishedPackages().map(({ manifest }) => manifest.name)
/** What a page loads when it wants more speed. */
const ACCELERATOR = '@peerwire/core/accelerator'

let consumer: Consumer

beforeAll(async () => {
  consumer = await createConsumer()
})
afterAll(() => consumer.remove())

describe('a packed package', () => {
  it.each(NAMES)('%s holds every file that its manifest names', (name) => {
    const manifest = readManifest(name)
    const named = [...pathsOf(manifest.exports), ...pathsOf(manifest.imports), ...pathsOf(manifest.bin)]
    const files = consumer.filesOf(name)
    expect(named.map((path) => normalize(path)).filter((path) => !files.includes(path) && !path.includes('*'))).toEqual(
      [],
    )
  })

  it.each(NAMES)('%s holds a licence and a README, no tests and no state of the compiler', (name) => {
    const files = consumer.filesOf(name)
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'package.json']))
    expect(files.filter((path) => /\.test\.|tsbuildinfo|(^|\/)tests?\//.test(path))).toEqual([])
  })

  it.each(NAMES)('%s depends on published versions only', (name) => {
    expect(Object.values(readManifest(name).dependencies ?? {}).filter((range) => range.includes(':'))).toEqual([])
  })

  it.each(NAMES)('%s has source maps that lead to files inside it', (name) => {
    const files = consumer.filesOf(name)
    const astray = files
      .filter((path) => path.endsWith('.map') && !path.startsWith('page/'))
      .flatMap((path) => sourcesOf(name, path).map((source) => `${path} -> ${source}`))
      .filter((line) => !files.includes(line.slice(line.indexOf('-> ') + 3)))
    expect(astray).toEqual([])
  })

  it.each(NAMES)('%s does not tell where it was built', (name) => {
    const places = [root.replace(/[\\/]$/, ''), consumer.folder]
    const telling = consumer.filesOf(name).filter((path) => {
      const text = readFileSync(join(consumer.folder, 'node_modules', name, path), 'latin1')
      return places.some((place) => text.includes(place))
    })
    expect(telling).toEqual([])
  })
})

describe('a program of a user', () => {
  it.each(PROJECTS)('type-checks as $title, declarations of the packages included', async (project) => {
    const { options, entries, program } = project
    const compilerOptions = { ...CONSUMER_OPTIONS, ...options }
    const imports = entries.map((entry, index) => `export * as entry${index} from '${entry}'\n`)
    consumer.write({
      'tsconfig.try.json': JSON.stringify({ compilerOptions, files: ['entries.ts', 'program.ts'] }),
      'entries.ts': imports.join(''),
      'program.ts': program,
    })
    const tsc = inRoot('node_modules/typescript/bin/tsc')
    await mustRun(process.execPath, [tsc, '-p', 'tsconfig.try.json'], consumer.folder)
  })

  it.each(ENTRIES)('imports %s in Node', async (entry) => {
    const code = `console.log(Object.keys(await import('${entry}')).length > 0)`
    const output = await mustRun(process.execPath, ['--input-type=module', '-e', code], consumer.folder)
    expect(output.trim()).toBe('true')
  })

  it('has the fast cryptography in Node', async () => {
    const code = `for (const entry of ['@peerwire/core', '@peerwire/core/rlpx']) {
      const { defaultCrypto, portableCrypto } = await import(entry)
      console.log(defaultCrypto.keccak256 !== portableCrypto.keccak256)
    }`
    const output = await mustRun(process.execPath, ['--input-type=module', '-e', code], consumer.folder)
    expect(output.trim().split('\n')).toEqual(['true', 'true'])
  })

  it('says hello in Node, from both ends', async ({ onTestFinished }) => {
    consumer.write({ 'dialer.mjs': DIALER })
    const start = (...args: string[]): JsonProcess => {
      const child = startProcess(process.execPath, args, { cwd: consumer.folder })
      onTestFinished(async () => {
        await child.kill()
      })
      return child
    }
    const listener = start('listener.mjs', 'ws://127.0.0.1:0')
    const { text: address } = await listener.waitFor((line) => String(line['text']).startsWith('ws://'))
    await start('dialer.mjs', String(address)).waitFor((line) => line['text'] === 'hello, dialer')
  })

  it.each(isLong ? ['node', 'happy-dom', 'jsdom'] : ['jsdom'])(
    'tests its protocol with Vitest in the environment %s',
    async (environment) => {
      for (const name of readdirSync(inRoot('examples/protocol')).filter((file) => file.endsWith('.ts'))) {
        cpSync(inRoot('examples/protocol', name), join(consumer.folder, name))
      }
      consumer.write({ 'bytes.test.ts': TEST_OF_BYTES })
      // That of the tests, which has the environments beside it.
      const vitest = inRoot('tests/node_modules/vitest/vitest.mjs')
      const args = ['run', '--root', consumer.folder, '--config', 'vitest.config.mjs', '--environment', environment]
      consumer.write({ 'vitest.config.mjs': 'export default { test: { reporters: ["json"] } }' })
      const output = await mustRun(process.execPath, [vitest, ...args], consumer.folder, 90_000)
      const { numPassedTests, numTotalTests } = JSON.parse(output.slice(output.indexOf('{"'))) as Readonly<
        Record<string, number>
      >
      expect([numPassedTests, numTotalTests]).toEqual([TESTS_OF_USERS, TESTS_OF_USERS])
    },
  )

  it('starts the peerwire command', async () => {
    const command = join(consumer.folder, 'node_modules', 'peerwire', 'bin', 'peerwire.mjs')
    const output = await mustRun(process.execPath, [command, '--version'], consumer.folder)
    expect(output.trim()).toBe(`peerwire ${readManifest('peerwire').version}`)
  })

  it.each(BROWSER_ENTRIES)('bundles %s for a page with esbuild', async (entry) => {
    const { inputs, code } = await bundle(`export * from '${entry}'`)
    expectForPage(inputs, code, entry === ACCELERATOR)
  })

  it('is told by native() what to install', async () => {
    const code = `
      import { native } from '@peerwire/core/native'
      try { native() } catch (error) { console.log(error.message) }`
    const output = await mustRun(process.execPath, ['--input-type=module', '-e', code], consumer.folder)
    expect(output).toContain('npm install secp256k1')
  })

  it('bundles the hello world for a page with esbuild', async () => {
    const { inputs, code } = await bundle("import './tab.ts'")
    expectForPage(inputs, code)
  })

  it('bundles the hello world for a page with vite', async () => {
    const inputs: string[] = []
    const result = await viteBuild({
      root: consumer.folder,
      configFile: false,
      logLevel: 'silent',
      build: { write: false, lib: { entry: 'tab.ts', formats: ['es'] } },
      plugins: [{ name: 'inputs', moduleParsed: ({ id }) => void inputs.push(id) }],
    })
    const outputs = [result].flat().flatMap((one) => ('output' in one ? one.output : []))
    const code = outputs.map((chunk) => ('code' in chunk ? chunk.code : '')).join('\n')
    expectForPage(inputs, code)
  })
})

/** What a test of a user's may do with bytes that its environment made, over real links too. */
const TEST_OF_BYTES = `
import { bytes, createNode, defineProtocol, encodeRlp, generatePrivateKey, request, text, toHex } from '@peerwire/core'
import { webSocket } from '@peerwire/transport-ws'
import { expect, test } from 'vitest'
const seed = () => new TextEncoder().encode('0123456789abcdef0123456789abcdef')
test('bytes of the environment are a key', () => {
  for (const privateKey of [seed(), Uint8Array.from(seed()), Buffer.from(seed())]) {
    expect(createNode({ privateKey, transports: [webSocket()] }).id).toHaveLength(64)
  }
})
test('bytes of the environment are RLP, and in messages', async () => {
  expect(toHex(encodeRlp(['a', seed().subarray(0, 2), Uint8Array.of(200)]))).toBe('c661823031' + '81c8')
  const chat = defineProtocol({ name: 'chat', version: 1, messages: { ask: request(0, bytes, 1, text) } })
  const offer = chat.with({ ask: (_, question) => toHex(question) })
  const make = (options) =>
    createNode({ privateKey: generatePrivateKey(), transports: [webSocket(options)], protocols: [offer] })
  const [listener, dialer] = [make({ listen: 'ws://127.0.0.1:0/' }), make({})]
  await listener.start()
  await dialer.start()
  const peer = await dialer.dial(listener.addresses[0])
  expect(await peer.request(chat, 'ask', seed())).toBe(toHex(seed()))
  await dialer.close()
  await listener.close()
})
`
/** Those and what stands in `examples/protocol`. */
const TESTS_OF_USERS = 4

/** A bundle without anything of Node in it, and without WebAssembly, but for the accelerator. */
function expectForPage(inputs: readonly string[], code: string, accelerated = false): void {
  expect(code).not.toMatch(/(?:from|import|require)\s*\(?\s*["']node:/)
  expect(inputs.filter((path) => /node_modules\/ws\/|^node:|\.node\.js$/.test(path))).toEqual([])
  expect(inputs.some((path) => path.includes('/wasm-'))).toBe(accelerated)
  expect(inputs.some((path) => path.includes('@peerwire'))).toBe(true)
}

async function bundle(source: string): Promise<{ readonly inputs: readonly string[]; readonly code: string }> {
  const { outputFiles, metafile } = await esbuild({
    stdin: { contents: source, resolveDir: consumer.folder, loader: 'ts' },
    absWorkingDir: consumer.folder,
    bundle: true,
    write: false,
    metafile: true,
    platform: 'browser',
    format: 'esm',
    logLevel: 'silent',
  })
  return { inputs: Object.keys(metafile.inputs), code: outputFiles[0]!.text }
}

function readManifest(name: string): Manifest {
  const file = join(consumer.folder, 'node_modules', name, 'package.json')
  return JSON.parse(readFileSync(file, 'utf8')) as Manifest
}

/** The sources of a map, as paths from the root of its package. */
function sourcesOf(name: string, map: string): readonly string[] {
  const file = join(consumer.folder, 'node_modules', name, map)
  if (!existsSync(file)) return []
  const { sources } = JSON.parse(readFileSync(file, 'utf8')) as { readonly sources: readonly string[] }
  return sources.map((source) => normalize(join(dirname(map), source)).replaceAll('\\', '/'))
}
