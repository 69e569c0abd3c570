// What of Node's file system is used.
import type * as nodeFs from 'node:fs/promises'

/** Tests give one with a broken disk. */
export type FileSystem = Pick<
  typeof nodeFs,
  | 'copyFile'
  | 'link'
  | 'mkdir'
  | 'open'
  | 'readdir'
  | 'readFile'
  | 'readlink'
  | 'rename'
  | 'rm'
  | 'stat'
  | 'utimes'
  | 'writeFile'
>

/** The code of a system error, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code
}

/** Whether an error says that the file system has no links. */
export function hasNoLinks(error: unknown): boolean {
  return ['EPERM', 'ENOTSUP', 'ENOSYS'].includes(codeOf(error) ?? '')
}

/** Makes names in a folder durable, which are data of their own; Windows keeps them without being asked. */
export async function syncFolder(path: string, fs: FileSystem): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await fs.open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
