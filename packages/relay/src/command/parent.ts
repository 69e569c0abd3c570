// Ends with whoever started it, where that is a package manager: those pass a signal on to their shell alone, or to
// nobody.
import { readFileSync } from 'node:fs'
import type { Clock, Timer } from '@peerwire/core'

/** Milliseconds between two looks. */
const LOOK_MS = 500
const SHELL = /^(?:ba|da|k|z|a)?sh$/

export interface OwnProcess {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Of the parent, as it is now: another one once that has ended. */
  readonly ppid: number
}

/** What the system tells of another process. */
export interface ProcessFacts {
  /** Of its program, such as `sh`. */
  readonly name: string
  readonly ppid: number
}

/**
 * Calls `ended` when the parent has gone, under `npx`, `npm run` and the like, which leave orphans when killed; or the
 * parent of that, where it is the shell in between. Under a shell, `nohup` or a service manager a parent may go at any
 * time, and means nothing by it. The answer ends the watch.
 */
export function endsWithParent(
  own: OwnProcess,
  clock: Pick<Clock, 'setTimer'>,
  ended: () => void,
  factsOf: (pid: number) => ProcessFacts | undefined = readFacts,
): () => void {
  const parent = own.ppid
  if (own.env['npm_lifecycle_event'] === undefined || parent <= 1) return () => undefined
  const facts = factsOf(parent)
  const manager = facts && SHELL.test(facts.name) && facts.ppid > 1 ? facts.ppid : undefined
  const isThere = (): boolean => own.ppid === parent && (manager === undefined || factsOf(parent)?.ppid === manager)
  let timer: Timer
  const wait = (): void => {
    timer = clock.setTimer(LOOK_MS, look)
  }
  const look = (): void => {
    if (isThere()) wait()
    else ended()
  }
  wait()
  return () => timer.cancel()
}

/** As Linux tells them; elsewhere the shell has mostly made way for the program. */
function readFacts(pid: number): ProcessFacts | undefined {
  try {
    // The second field is a name in brackets that may hold anything; the fourth is the parent.
    const [, name = '', ppid] = /^\d+ \((.*)\) \S (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    return ppid === undefined ? undefined : { name, ppid: Number(ppid) }
  } catch {
    return undefined
  }
}
