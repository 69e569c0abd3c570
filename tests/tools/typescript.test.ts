// Projects with other compilers of TypeScript than ours check against the packages' declarations.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Consumer } from '../packaging/support/consumer.ts'
import { mustRun } from '../packaging/support/program.ts'
import { lacksToolbox, inToolbox } from './support/have.ts'
import { createHello } from './support/hello.ts'

const LIMIT_MS = 110_000
const VERSIONS = [
  ['typescript54', '5.4'],
  ['typescript59', '5.9'],
  ['typescript6', '6.'],
  ['typescript7', '7.'],
] as const

const STRICT = { strict: true, noEmit: true, target: 'ES2022', skipLibCheck: true }
const RESOLUTIONS = {
  NodeNext: { module: 'NodeNext', moduleResolution: 'NodeNext', lib: ['ES2022', 'DOM'], types: ['node'] },
  Bundler: { module: 'ESNext', moduleResolution: 'Bundler', lib: ['ES2022', 'DOM'], types: [] },
} as const

/** Types must arrive: each line below the first mark is an error, and the comment says that it must be one. */
const PROGRAM = `
import { createNode, defineProtocol, generatePrivateKey, message, request, text, uint } from '@peerwire/core'
import type { Node, Peer } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import { webSocket } from '@peerwire/transport-ws'

const chat = defineProtocol({
  name: 'chat', version: 1, messages: { say: message(0, text), count: request(1, text, 2, uint) },
})
const offer = chat.with({ say: (_, line) => void line.trim(), count: (_, line) => line.length })
const node: Node = createNode({
  privateKey: generatePrivateKey(), transports: [webSocket()], protocols: [offer], plugins: [addressBook({ seeds: [] })],
})
export async function ask(peer: Peer): Promise<number> {
  await peer.send(chat, 'say', 'hello')
  return await peer.request(chat, 'count', 'hello')
}
export async function wrong(peer: Peer): Promise<void> {
  // @ts-expect-error a number is no text
  await peer.send(chat, 'say', 1)
  // @ts-expect-error there is no such message
  await peer.send(chat, 'shout', 'hello')
}
void node.start()
`

describe.skipIf(lacksToolbox())('compilers of TypeScript', () => {
  let consumer: Consumer
  beforeAll(async () => {
    consumer = await createHello()
    consumer.write({ 'program.ts': PROGRAM })
  })
  afterAll(() => consumer?.remove())

  for (const [name, version] of VERSIONS) {
    for (const [resolution, options] of Object.entries(RESOLUTIONS)) {
      it(`TypeScript ${version} checks a program under ${resolution}`, async () => {
        const compiler = inToolbox(name, 'bin/tsc')
        expect(await mustRun(process.execPath, [compiler, '--version'], consumer.folder)).toContain(
          `Version ${version}`,
        )
        const config = `tsconfig.${name}.${resolution}.json`
        consumer.write({
          [config]: JSON.stringify({ compilerOptions: { ...STRICT, ...options }, files: ['program.ts'] }),
        })
        await mustRun(process.execPath, [compiler, '-p', config], consumer.folder, LIMIT_MS)
      })
    }
  }
})
