// Where the relay keeps what must outlive it.
import { chmod, mkdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'

/** Only the user may look in: the private key lies there. */
const PRIVATE_DIRECTORY = 0o700

/**
 * The usual place of the platform. `XDG_DATA_HOME` counts everywhere, when it is absolute, as its specification says.
 */
export function defaultDataDir(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  const xdg = env['XDG_DATA_HOME']
  if (xdg?.startsWith('/')) return join(xdg, 'peerwire')
  const local = env['LOCALAPPDATA']
  if (platform === 'win32') return join(local ?? join(homedir(), 'AppData', 'Local'), 'peerwire')
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'peerwire')
  return join(homedir(), '.local', 'share', 'peerwire')
}

/** Makes the directory, for the user alone, or takes the one that is there. @throws {Error} one sentence naming it */
export async function openDataDir(path: string): Promise<string> {
  const whole = resolve(path)
  try {
    const made = await makeFolder(whole)
    // The mode given to `mkdir` passes through the umask.
    if (made) await chmod(whole, PRIVATE_DIRECTORY)
    if (!(await stat(whole)).isDirectory()) throw new Error('a file is in its place')
    return whole
  } catch (cause) {
    throw new Error(`cannot use the data directory ${whole}: ${reasonOf(cause)}`, { cause })
  }
}

// Not by `recursive`, with which Node 20 tries for ever where a parent takes no folders, as /proc.
async function makeFolder(path: string, mayTryParent = true): Promise<boolean> {
  try {
    await mkdir(path, { mode: PRIVATE_DIRECTORY })
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (code !== 'ENOENT' || !mayTryParent || dirname(path) === path) throw error
  }
  await makeFolder(dirname(path))
  return await makeFolder(path, false)
}

/** What the file system said, in words where they are known. */
export function reasonOf(cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'EACCES' || code === 'EPERM') return 'permission denied'
  if (code === 'ENOENT') return 'there is no such file'
  if (code === 'EEXIST' || code === 'ENOTDIR') return 'a file is in its place'
  if (code === 'EISDIR') return 'it is a directory'
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'the disk is full'
  if (code === 'EFBIG') return 'the file may not grow any more'
  if (code === 'EROFS') return 'the file system is read-only'
  return code ?? message
}
