// Files that are renewed, by halves, badly, and with one that is out of time.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createManualClock } from '@peerwire/core/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  RENEWED_CERTIFICATE,
  RENEWED_KEY,
  TEST_CERTIFICATE,
  TEST_KEY,
} from '../../../../tests/transports/certificate.ts'
import { type TlsFiles, watchTlsFiles } from './tls-files.ts'

/** After both certificates. */
const LATE_MS = Date.UTC(2150, 0, 1)

let folder: string
let files: TlsFiles | undefined
const lines: string[] = []
const served: string[] = []
const paths = () => ({ certFile: join(folder, 'cert.pem'), keyFile: join(folder, 'key.pem') })

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'peerwire-'))
  lines.length = 0
  served.length = 0
  await write(TEST_CERTIFICATE, TEST_KEY)
})
afterEach(async () => {
  files?.close()
  await rm(folder, { recursive: true, force: true })
})

async function write(cert: string, key?: string): Promise<void> {
  await writeFile(paths().certFile, cert)
  if (key !== undefined) await writeFile(paths().keyFile, key)
}

async function watch(wallStartMs = Date.UTC(2030, 0, 1)): Promise<TlsFiles> {
  const logger = {
    enabled: () => true,
    log: (level: string, text: string, { err = '' }: { err?: unknown } = {}) =>
      void lines.push([level, text, err].join(' ').trim()),
  }
  files = await watchTlsFiles(paths(), { clock: createManualClock({ wallStartMs }), logger })
  files.options.renewals!(({ cert }) => void served.push(cert))
  return files
}

describe('TLS files', () => {
  it('are used once both have changed, and only when they have', async () => {
    const { look } = await watch()
    await look()
    await write(RENEWED_CERTIFICATE)
    await look()
    await write(RENEWED_CERTIFICATE, RENEWED_KEY)
    await look()
    expect(served).toEqual([])
    await look()
    await look()
    expect([served, lines]).toEqual([[RENEWED_CERTIFICATE], ['info TLS files read again']])
  })

  it.for([
    ['of two pairs', RENEWED_CERTIFICATE, TEST_KEY, 'does not belong to the certificate'],
    ['that are none', 'x', TEST_KEY, 'holds no TLS certificate'],
    ['half written', RENEWED_CERTIFICATE, RENEWED_KEY.slice(0, 80), 'holds no TLS key'],
  ] as const)('%s leave the old ones in use, and are told of once', async ([, cert, key, why], { expect: holds }) => {
    const { look } = await watch()
    await write(cert, key)
    for (let i = 0; i < 5; i++) await look()
    holds(served).toEqual([])
    holds(lines).toHaveLength(1)
    holds(lines[0]).toMatch(/^warn The TLS files have changed and can not be used; those from before are /)
    holds(lines[0]).toContain(why)
  })

  it('that are gone leave the old ones in use until there are new ones', async () => {
    const { look } = await watch()
    await rm(paths().keyFile)
    for (let i = 0; i < 3; i++) await look()
    expect([served, lines.length]).toEqual([[], 1])
    await write(RENEWED_CERTIFICATE, RENEWED_KEY)
    for (let i = 0; i < 3; i++) await look()
    expect(served).toEqual([RENEWED_CERTIFICATE])
  })

  it('out of time are warned of at the start, and never take the place of others', async () => {
    const { reload } = await watch(LATE_MS)
    expect(lines[0]).toMatch(/^warn the TLS certificate ended at .*; browsers refuse it: renew /)
    await reload()
    expect(served).toEqual([])
    expect(lines[1]).toContain('ended at')
  })
})
