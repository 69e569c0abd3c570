// The driver's side of a contestant: a child process on one core that answers requests.
import { spawn, spawnSync } from 'node:child_process'
import { createInterface } from 'node:readline'

/** Longest answer to wait for, in milliseconds. */
const ANSWER_MS = 180_000

/** Whether a process can be held on one core here. */
export const canPin = spawnSync('taskset', ['-c', '0', 'true']).status === 0

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, pinned?: boolean }} [options] - `pinned` holds it on the first core; default
 *   true
 */
export function startContestant(command, args, { env = {}, pinned = true } = {}) {
  const [file, list] = pinned && canPin ? ['taskset', ['-c', '0', command, ...args]] : [command, args]
  const child = spawn(file, list, { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...env } })
  child.stdin.on('error', () => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const ended = new Promise((resolve) => child.once('close', (code) => resolve({ ended: code })))
  child.once('error', () => undefined)
  return {
    /** Sends one request and waits for one answer. */
    async ask(request) {
      child.stdin.write(`${JSON.stringify(request)}\n`)
      return await this.answer(request.do)
    },
    async answer(what) {
      let timer
      const late = new Promise((resolve) => (timer = setTimeout(() => resolve({ late: true }), ANSWER_MS)))
      const answer = await Promise.race([lines.next(), ended, late])
      clearTimeout(timer)
      if (answer.late || answer.done || answer.ended !== undefined) {
        child.kill('SIGKILL')
        throw new Error(`${command} ${args.join(' ')}: no answer to ${what}: ${JSON.stringify(answer)}`)
      }
      return JSON.parse(answer.value)
    },
    stop() {
      child.kill('SIGKILL')
      return ended
    },
  }
}
