// Programs that are killed, and whose node never closes: what they leave, and who comes after them.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createNode, generatePrivateKey } from '@peerwire/core'
import { addressBook } from '@peerwire/core/address-book'
import { webSocket } from '@peerwire/transport-ws'
import { describe, expect, it, onTestFinished } from 'vitest'
import { isLong } from '../support/counts.ts'
import { startProcess } from '../support/json-process.ts'
import type { JsonProcess } from '../support/json-process.ts'

const REMEMBERER = fileURLToPath(new URL('./support/rememberer.mjs', import.meta.url))
const HOLDER = fileURLToPath(new URL('./support/holder.mjs', import.meta.url))
/** Milliseconds: less than the minute after which everything is saved, and enough on a machine that has much to do. */
const SECONDS = { timeout: 40_000, interval: 50 }

async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'peerwire-killed-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

function startNode(script: string, args: readonly string[], command: readonly string[] = []): JsonProcess {
  const [program, ...rest] = [...command, process.execPath, script, ...args]
  const started = startProcess(program!, rest, { name: 'the program' })
  onTestFinished(() => void started.kill())
  return started
}

describe('a program that is killed seconds after it has met its first peer', () => {
  it('knows it when it is started again', { timeout: 120_000 }, async () => {
    const other = createNode({
      privateKey: generatePrivateKey(),
      transports: [webSocket({ listen: 'ws://127.0.0.1:0/' })],
      plugins: [addressBook({ local: true })],
    })
    onTestFinished(() => other.close())
    await other.start()
    const folder = await emptyFolder()
    const first = startNode(REMEMBERER, [folder, ...other.addresses])
    await first.waitFor(({ event }) => event === 'peer')
    const stored = (): Promise<string> => readFile(join(folder, 'peers.json'), 'utf8').catch(() => '')
    await expect.poll(stored, SECONDS).toContain('"isTried":true')
    await first.kill()
    const second = startNode(REMEMBERER, [folder])
    expect(await second.waitFor(({ event }) => event === 'peer')).toMatchObject({ id: other.id })
  })
})

/** How to run a program as the first of a space of process numbers of its own, as containers do, where that may be. */
async function inContainer(): Promise<readonly string[] | undefined> {
  const command = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc']
  try {
    await promisify(execFile)(command[0]!, [...command.slice(1), 'true'])
    return command
  } catch {
    return undefined
  }
}

describe('two containers that share a folder', () => {
  it('are kept apart though their programs have one number', { timeout: 120_000 }, async () => {
    const folder = await emptyFolder()
    const container = await inContainer()
    const start = (): JsonProcess => startNode(HOLDER, container ? [folder] : [folder, '1'], container)
    const first = start()
    expect(await first.waitFor(({ event }) => event !== undefined)).toEqual({ event: 'holds', pid: 1 })
    const second = start()
    expect(await second.waitFor(({ event }) => event !== undefined)).toMatchObject({
      event: 'refused',
      message: expect.stringContaining('is in use by node of 1 (process 1)') as unknown,
    })
    await first.kill()
    // It takes ten seconds to be sure of a dead one.
    if (!isLong) return
    expect(await start().waitFor(({ event }) => event !== undefined)).toEqual({ event: 'holds', pid: 1 })
  })
})
