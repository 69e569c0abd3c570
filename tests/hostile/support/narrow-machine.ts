// Programs with little to live on: few open files, nowhere to say what is wrong, a disk without room; and what they
// use.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** A namespace of its own, in which a file system can be mounted: as a plain user, or as root in a container. */
const NAMESPACES = [['-U', '-r', '-m'], ['-m']] as const
const MOUNT = 'mount -t tmpfs -o nr_blocks=2'

const namespace = NAMESPACES.find(
  (flags) => spawnSync('unshare', [...flags, 'sh', '-c', `${MOUNT} x /mnt`]).status === 0,
)

export interface Narrowness {
  /** Most open files. */
  readonly files: number
  /** A folder that becomes a disk of two pages: for a key and a lock, and nothing else. */
  readonly smallDisk?: string
}

/** Why no program can be given so little; absent where one can. */
export function lacksLimits(): string | undefined {
  return process.platform === 'linux' ? undefined : tell('limits of a process are only looked at on Linux')
}

/** Why no small disk can be made. */
export function lacksSmallDisk(): string | undefined {
  return lacksLimits() ?? (namespace ? undefined : tell('unshare may not mount a small disk here'))
}

/** The command line for a program that has no more, and whose standard error is closed. */
export function narrow(command: readonly string[], { files, smallDisk }: Narrowness): readonly [string, string[]] {
  const mount = smallDisk === undefined ? '' : `${MOUNT} tmpfs "$1"; `
  const script = `set -e; ${mount}shift; ulimit -n ${files}; exec "$@" 2>&-`
  const run = ['sh', '-c', script, 'sh', smallDisk ?? '', ...command]
  const [program, ...args] = smallDisk === undefined ? run : ['unshare', ...namespace!, ...run]
  return [program!, args]
}

/** Files that a process has open. */
export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}

/** Memory that it has. */
export function residentBytes(pid: number): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!
  return Number(kilobytes) * 1024
}

function tell(why: string): string {
  process.stderr.write(`Left out: ${why}.\n`)
  return why
}
