// A user's project with the hello world, and the two ends that a test lets meet.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { inRoot } from '../../../scripts/lib/paths.mjs'
import { createConsumer, type Consumer } from '../../packaging/support/consumer.ts'
import { DIALER } from '../../packaging/support/dialer.ts'
import { type JsonProcess, startProcess } from '../../support/json-process.ts'

/** Programs of others take their time to start on a busy machine. */
export const PATIENCE_MS = 60_000

/** Packed packages, installed; `tab.js`, `listener.mjs` and `dialer.mjs` are the hello world's. */
export async function createHello(): Promise<Consumer> {
  const consumer = await createConsumer()
  const tab = readFileSync(inRoot('examples', 'hello', 'tab.ts'), 'utf8')
  consumer.write({
    'tab.js': withoutTopLevelAwait(tab),
    'dialer.mjs': withoutTopLevelAwait(DIALER),
    'either.mjs': EITHER,
  })
  // Parcel reads `exports` when it is told to.
  const manifest = JSON.parse(readFileSync(join(consumer.folder, 'package.json'), 'utf8')) as object
  const parcel = { '@parcel/resolver-default': { packageExports: true } }
  consumer.write({ 'package.json': JSON.stringify({ ...manifest, ...parcel }) })
  return consumer
}

/** What older targets of bundlers and CommonJS lack: everything from the first await on goes into a function. */
function withoutTopLevelAwait(source: string): string {
  const at = source.indexOf('await ')
  return `${source.slice(0, at)}void (async () => {\n${source.slice(at)}\n})()\n`
}

/** Starts a program of the project; it is killed with the test. */
export function startIn({ folder }: Consumer, command: string, ...args: readonly string[]): JsonProcess {
  const child = startProcess(command, args, { cwd: folder, env: { NODE_PATH: '' } })
  onTestFinished(async () => {
    await child.kill()
  })
  return child
}

/** The hello world's listener under our Node; answers its address. */
export async function listen(consumer: Consumer): Promise<string> {
  return await addressOf(startIn(consumer, process.execPath, 'listener.mjs', 'ws://127.0.0.1:0'))
}

/** The first address that a listener prints. */
export async function addressOf(listener: JsonProcess): Promise<string> {
  const { text } = await listener.waitFor((line) => /^(?:ws|enode):\/\//.test(String(line['text'])), PATIENCE_MS)
  return String(text)
}

/** Waits until the dialer got the listener's answer. */
export async function answered(dialer: JsonProcess): Promise<void> {
  await dialer.waitFor((line) => line['text'] === 'hello, dialer', PATIENCE_MS, 'hello, dialer')
}

/** Both ends over both transports: `either.mjs listen tcp|ws`, `either.mjs dial ADDRESS`. */
const EITHER = `
import { createNode, defineProtocol, generatePrivateKey, message, text } from '@peerwire/core'
import { tcp } from '@peerwire/transport-tcp'
import { webSocket } from '@peerwire/transport-ws'
const [what, where] = process.argv.slice(2)
const listen = (scheme) => (what === 'listen' && where === scheme ? { listen: scheme + '://127.0.0.1:0' } : {})
const chat = defineProtocol({ name: 'chat', version: 1, messages: { say: message(0, text) } })
const say = (peer, line) => (what === 'listen' ? peer.send(chat, 'say', line + ', ' + peer.name) : console.log(line))
const transports = [tcp(listen('tcp')), webSocket(listen('ws'))]
const options = { name: 'dialer', privateKey: generatePrivateKey(), transports, protocols: [chat.with({ say })] }
const node = createNode(options)
await node.start()
if (what === 'listen') console.log(node.addresses[0])
else await (await node.dial(where)).send(chat, 'say', 'hello')
`
