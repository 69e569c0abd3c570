// Other runtimes than the Node of this run say hello to it, as listener and as dialer, over TCP and WebSocket.
import { existsSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Consumer } from '../packaging/support/consumer.ts'
import { mustRun } from '../packaging/support/program.ts'
import { besideInToolbox, lacksToolbox, inToolbox } from './support/have.ts'
import { addressOf, answered, createHello, startIn } from './support/hello.ts'

const PLATFORM = `${process.platform}-${process.arch}`
const DENO_PLATFORM = process.platform === 'linux' ? `${PLATFORM}-glibc` : PLATFORM

interface Runtime {
  readonly name: string
  program(): string
  /** Before the file. */
  readonly flags: readonly string[]
  readonly version: RegExp
  /** What it can dial. Bun's own `ws` has no socket in its `upgrade` event, which the transport waits for. */
  readonly dials: readonly string[]
}

const BOTH = ['tcp', 'ws']

const RUNTIMES: readonly Runtime[] = [
  {
    name: 'Node 22',
    program: () => inToolbox(`node22-${PLATFORM}`, 'bin/node'),
    flags: [],
    version: /^v22\./,
    dials: BOTH,
  },
  {
    name: 'Node 24',
    program: () => inToolbox(`node24-${PLATFORM}`, 'bin/node'),
    flags: [],
    version: /^v24\./,
    dials: BOTH,
  },
  {
    name: 'Bun',
    program: () => besideInToolbox('bun', `@oven/bun-${PLATFORM}`, 'bin/bun'),
    flags: [],
    version: /^1\./,
    dials: ['tcp'],
  },
  {
    name: 'Deno',
    program: () => besideInToolbox('deno', `@deno/${DENO_PLATFORM}`, 'deno'),
    flags: ['run', '--allow-all', '--node-modules-dir=manual'],
    version: /^deno 2\./,
    dials: BOTH,
  },
]

describe.skipIf(lacksToolbox())('runtimes', () => {
  let consumer: Consumer
  beforeAll(async () => {
    consumer = await createHello()
  })
  afterAll(() => consumer?.remove())

  describe.each(RUNTIMES)('$name', ({ program, flags, version, dials }) => {
    it('is the one that is meant', async () => {
      expect(existsSync(program())).toBe(true)
      expect(await mustRun(program(), ['--version'], consumer.folder)).toMatch(version)
    })

    it.each(BOTH)('listens for our Node over %s', async (scheme) => {
      const address = await addressOf(startIn(consumer, program(), ...flags, 'either.mjs', 'listen', scheme))
      await answered(startIn(consumer, process.execPath, 'either.mjs', 'dial', address))
    })

    it.each(dials)('dials our Node over %s', async (scheme) => {
      const address = await addressOf(startIn(consumer, process.execPath, 'either.mjs', 'listen', scheme))
      await answered(startIn(consumer, program(), ...flags, 'either.mjs', 'dial', address))
    })
  })
})
