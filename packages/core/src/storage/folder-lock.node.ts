// One node to a folder: a lock file that tells who holds it, and that a crash does not leave behind for good.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { codeOf, hasNoLinks } from './file-system.node.ts'
import type { FileSystem } from './file-system.node.ts'

/** Times that the lock is tried when others come and go at the same moment. */
const MAX_TRIES = 8

interface Holder {
  readonly owner: string
  readonly pid: number
  /** When the process began, where the system tells: a number of a process is used again. */
  readonly born: string
  readonly token: string
}

/** Tokens of locks that this process holds. */
const held = new Set<string>()
/** The latest try of this process for each folder: its nodes try one after another, so that none undoes another's. */
const turns = new Map<string, Promise<void>>()

/** Takes the lock of a folder, and answers how to give it back. @throws {Error} naming the holder */
export async function lockFolder(folder: string, owner: string, fs: FileSystem): Promise<() => Promise<void>> {
  const path = join(folder, 'lock')
  const holder: Holder = { owner, pid: process.pid, born: (await bornOf(process.pid, fs)) ?? '', token: randomUUID() }
  // Another one of this process must find the token as soon as it finds the file.
  held.add(holder.token)
  try {
    await inTurn(folder, () => take(folder, path, holder, fs))
  } catch (error) {
    held.delete(holder.token)
    throw error
  }
  return async () => {
    if (!held.delete(holder.token)) return
    await fs.rm(path, { force: true })
  }
}

async function inTurn(folder: string, run: () => Promise<void>): Promise<void> {
  const turn = (turns.get(folder) ?? Promise.resolve()).then(run)
  const settled = turn.catch(() => undefined)
  turns.set(folder, settled)
  await turn.finally(() => turns.get(folder) === settled && turns.delete(folder))
}

async function take(folder: string, path: string, holder: Holder, fs: FileSystem): Promise<void> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    if (await place(path, holder, fs)) return
    const other = await readHolder(path, fs)
    if (other === undefined) continue
    if (await isAlive(other, fs)) {
      throw new Error(
        `${folder} is in use by ${other.owner} (process ${other.pid}): close it, or give each node a folder of its own`,
      )
    }
    await removeDead(path, other, fs)
  }
  throw new Error(`${folder} could not be locked: others come and go`)
}

// Written beside its place and linked into it: whoever finds a lock finds a whole one.
async function place(path: string, holder: Holder, fs: FileSystem): Promise<boolean> {
  const draft = `${path}-${holder.token}`
  try {
    await fs.writeFile(draft, JSON.stringify(holder), { mode: 0o600 })
    try {
      await fs.link(draft, path)
    } catch (error) {
      if (!hasNoLinks(error)) throw error
      await fs.writeFile(path, JSON.stringify(holder), { flag: 'wx', mode: 0o600 })
    }
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  } finally {
    await fs.rm(draft, { force: true })
  }
}

async function readHolder(path: string, fs: FileSystem): Promise<Holder | undefined> {
  try {
    const text = String(await fs.readFile(path))
    const { owner, pid, born, token } = readObject(text)
    return { owner: String(owner), pid: Number(pid) || 0, born: String(born), token: String(token) }
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

// A lock that a failing disk has damaged names nobody, and holds nobody up.
function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

async function isAlive({ pid, born, token }: Holder, fs: FileSystem): Promise<boolean> {
  if (pid === process.pid) return held.has(token)
  if (pid <= 0) return false
  try {
    process.kill(pid, 0)
  } catch (error) {
    // It lives, but is another user's.
    if (codeOf(error) !== 'EPERM') return false
  }
  const now = await bornOf(pid, fs)
  return now === undefined || born === '' || now === born
}

// Moved away first: of two that find the same dead lock, one gets it, and a living one that came between is put back.
async function removeDead(path: string, dead: Holder, fs: FileSystem): Promise<void> {
  const away = `${path}-${randomUUID()}`
  try {
    await fs.rename(path, away)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return
    throw error
  }
  const found = await readHolder(away, fs)
  if (found && found.token !== dead.token) await fs.link(away, path).catch(() => undefined)
  await fs.rm(away, { force: true })
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
