// Where data lies on each platform, and what a directory that can't be used is told.
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultDataDir, openDataDir } from './data-dir.ts'

const made: string[] = []

afterEach(async () => {
  for (const path of made.splice(0)) await rm(path, { recursive: true, force: true })
})

async function temporary(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'peerwire-'))
  made.push(path)
  return path
}

describe('defaultDataDir', () => {
  it.each([
    [{ XDG_DATA_HOME: '/data' }, 'linux', '/data/peerwire'],
    [{ XDG_DATA_HOME: 'not/absolute' }, 'linux', join(homedir(), '.local/share/peerwire')],
    [{}, 'linux', join(homedir(), '.local/share/peerwire')],
    [{}, 'darwin', join(homedir(), 'Library/Application Support/peerwire')],
    [{ LOCALAPPDATA: '/local' }, 'win32', '/local/peerwire'],
  ] as const)('with %j on %s is %s', (env, platform, path) => {
    expect(defaultDataDir(env, platform)).toBe(path)
  })
})

describe('openDataDir', () => {
  it('makes the directory for its user alone, and takes it again', async () => {
    const path = join(await temporary(), 'a', 'b')
    expect(await openDataDir(path)).toBe(path)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    expect(await openDataDir(path)).toBe(path)
  })

  it('names the directory when a file is in its place', async () => {
    const path = join(await temporary(), 'file')
    await writeFile(path, '')
    await expect(openDataDir(path)).rejects.toThrow(`cannot use the data directory ${path}: a file is in its place`)
    await expect(openDataDir(join(path, 'x'))).rejects.toThrow(/a file is in its place/)
  })
})
