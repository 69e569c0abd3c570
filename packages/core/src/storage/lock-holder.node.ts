// Who holds a lock, as it is written into the file, and what can be told of it by looking.
import { hostname } from 'node:os'
import { codeOf } from './file-system.node.ts'
import type { FileSystem } from './file-system.node.ts'

const VERSION = 2

export interface Holder {
  /** 1 for locks of before there were beats. */
  readonly version: number
  readonly owner: string
  readonly pid: number
  /** Where the number of a process means something: one start of a machine and, on Linux, one space of numbers. */
  readonly place: string
  /** When the process began, where the system tells: a number of a process is used again. */
  readonly born: string
  readonly token: string
}

/** Tokens of locks that this process holds. */
const held = new Set<string>()

/** This process as the holder of a lock; until `forget` it counts as alive. */
export async function describeSelf(owner: string, token: string, fs: FileSystem): Promise<Holder> {
  held.add(token)
  const { pid } = process
  const [place, born] = [await placeOfNumbers(fs), await bornOf(pid, fs)]
  return { version: VERSION, owner, pid, place: place ?? '', born: born ?? '', token }
}

/** Whether it was held until now. */
export function forget(token: string): boolean {
  return held.delete(token)
}

/** What the lock says; `undefined` when there is none. One that a failing disk has damaged names nobody. */
export async function readHolder(path: string, fs: FileSystem): Promise<Holder | undefined> {
  try {
    const { version, owner, pid, place, born, token } = readObject(String(await fs.readFile(path)))
    return {
      version: Number(version ?? 1) || 0,
      owner: typeof owner === 'string' ? owner : 'another program',
      pid: Number(pid) || 0,
      place: typeof place === 'string' ? place : '',
      born: typeof born === 'string' ? born : '',
      token: String(token),
    }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/**
 * Whether a holder lives. `unknown` where a look can't tell: it is of another machine, of another container, of a
 * system that doesn't say when a process began, or of another part of this very process.
 */
export async function lookAt(holder: Holder, fs: FileSystem): Promise<'alive' | 'dead' | 'unknown'> {
  const { version, pid, place, born, token } = holder
  if (held.has(token)) return 'alive'
  if (pid <= 0) return 'unknown'
  const isFirst = version === 1
  if (!isFirst && (place === '' || place !== (await placeOfNumbers(fs)))) return 'unknown'
  if (!isRunning(pid)) return 'dead'
  const now = await bornOf(pid, fs)
  if (now !== undefined && born !== '' && now !== born) return 'dead'
  if (isFirst) return pid === process.pid ? 'dead' : 'alive'
  return pid === process.pid || now === undefined || born === '' ? 'unknown' : 'alive'
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // It lives, but is another user's.
    return codeOf(error) === 'EPERM'
  }
}

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

// Each container counts its processes from 1: on Linux a number counts in one space of numbers of one start.
async function placeOfNumbers(fs: FileSystem): Promise<string | undefined> {
  if (process.platform !== 'linux') return `${process.platform}/${hostname()}`
  try {
    const boot = String(await fs.readFile('/proc/sys/kernel/random/boot_id')).trim()
    return `${boot}/${await fs.readlink('/proc/self/ns/pid')}`
  } catch {
    return undefined
  }
}

/** Boot and start time of a process, as Linux tells them; `undefined` elsewhere. */
async function bornOf(pid: number, fs: FileSystem): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  try {
    const boot = String(await fs.readFile('/proc/sys/kernel/random/boot_id')).trim()
    const stat = String(await fs.readFile(`/proc/${pid}/stat`))
    // The second field is a name in brackets that may hold anything; the 22nd is the start time.
    const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
    return start === undefined ? undefined : `${boot}/${start}`
  } catch {
    return undefined
  }
}
