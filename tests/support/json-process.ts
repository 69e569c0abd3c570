// A child process that prints one JSON object a line: start it, wait for lines, and be sure that it ends.
import { spawn } from 'node:child_process'
import type { ChildProcess, ChildProcessWithoutNullStreams } from 'node:child_process'
import type { Readable } from 'node:stream'
import { noteNamedPorts, refuseGivenPort } from './port-guard.ts'

/** One line; programs name the kind of a line `event`. */
export type JsonLine = Readonly<Record<string, unknown>>

export interface ProcessOptions {
  /** Kills the process when it aborts. */
  readonly signal?: AbortSignal | undefined
  readonly cwd?: string
  /** Added to our own environment. */
  readonly env?: Readonly<Record<string, string>>
  /** For messages; the command's last part by default. */
  readonly name?: string
  /** Where its lines are read from; the other stream is dropped, but the end of standard error is kept. */
  readonly linesFrom?: 'stdout' | 'stderr'
}

interface Waiter {
  readonly fits: (line: JsonLine) => boolean
  readonly found: (line: JsonLine) => void
  readonly failed: (why: string) => void
}

/** Only what never comes is given up: a program alone takes 10 s to start on a machine that has much to do. */
const DEFAULT_WAIT_MS = 60_000
/** Past this a SIGTERM is taken as not understood. */
const STOP_GRACE_MS = 30_000
const KEPT_STDERR = 65_536
/** How many lines, and how much of each, a failure shows. */
const SHOWN_LINES = 12
const SHOWN_LENGTH = 400

const running = new Set<ChildProcess>()
// The last net: a test run that ends in the middle leaves nothing behind.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** Starts `command`. It is killed when our own process ends. */
export function startProcess(command: string, args: readonly string[], options: ProcessOptions = {}): JsonProcess {
  options.signal?.throwIfAborted()
  refuseEphemeralListener(args)
  return new JsonProcess(command, args, options)
}

/** A program that is told to listen where the system may have put somebody else fails now and then. */
function refuseEphemeralListener(args: readonly string[]): void {
  for (const [index, arg] of args.entries()) {
    const value = /^--?listen$/.test(arg) ? args[index + 1] : /^--?listen=(.*)/.exec(arg)?.[1]
    refuseGivenPort(Number(/:(\d+)\/?$/.exec(value ?? '')?.[1] ?? 0))
  }
}

export class JsonProcess {
  readonly name: string
  /** Every line so far, in order; a line that is not a JSON object is `{ text }`. */
  readonly lines: JsonLine[] = []
  /** Resolves when the process is gone, with its code, or `null` after a signal. */
  readonly exited: Promise<number | null>
  readonly #child: ChildProcessWithoutNullStreams
  readonly #waiters = new Set<Waiter>()
  #stderr = ''
  /** How it ended; absent while it runs. */
  #over: string | undefined

  constructor(command: string, args: readonly string[], options: ProcessOptions) {
    this.name = options.name ?? command.split('/').at(-1) ?? command
    const child = spawn(command, args, {
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      env: { ...process.env, ...options.env },
    })
    this.#child = child
    running.add(child)
    child.stdin.on('error', () => undefined)
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR)
    })
    child.stdout.resume()
    readLines(child[options.linesFrom ?? 'stdout'], (line) => this.#take(line))
    const onAbort = (): void => void child.kill('SIGKILL')
    options.signal?.addEventListener('abort', onAbort, { once: true })
    this.exited = new Promise((resolve) => {
      const end = (why: string, code: number | null): void => {
        options.signal?.removeEventListener('abort', onAbort)
        this.#end(why)
        resolve(code)
      }
      child.on('error', (error) => end(`did not start: ${error.message}`, null))
      child.on('close', (code, signal) => end(`ended with ${code ?? signal}`, code))
    })
  }

  get pid(): number {
    return this.#child.pid ?? -1
  }

  /** Standard error so far, of which the last 64 KiB are kept. */
  get stderr(): string {
    return this.#stderr
  }

  /**
   * The first line, past or to come, that fits; a predicate that narrows gives the narrowed type.
   *
   * @param what - names the line in a failure; the predicate's text by default
   * @throws {Error} when `timeoutMs` pass (a minute by default) or the process ends before such a line; it holds
   * the last lines and standard error
   */
  waitFor<Line extends JsonLine>(
    fits: (line: JsonLine) => line is Line,
    timeoutMs?: number,
    what?: string,
  ): Promise<Line>
  waitFor(fits: (line: JsonLine) => boolean, timeoutMs?: number, what?: string): Promise<JsonLine>
  async waitFor(
    fits: (line: JsonLine) => boolean,
    timeoutMs: number = DEFAULT_WAIT_MS,
    what: string = String(fits),
  ): Promise<JsonLine> {
    const past = this.lines.find(fits)
    if (past) return past
    // Made here, so that its stack names the test that waits.
    const failure = new Error(`${this.name}: waiting`)
    return await new Promise((resolve, reject) => {
      const waiter: Waiter = {
        fits,
        found: (line) => {
          this.#forget(waiter, timer)
          resolve(line)
        },
        failed: (why) => {
          this.#forget(waiter, timer)
          failure.message = this.#describe(why)
          reject(failure)
        },
      }
      const timer = setTimeout(() => waiter.failed(`no such line within ${timeoutMs} ms: ${what}`), timeoutMs)
      this.#waiters.add(waiter)
      if (this.#over !== undefined) waiter.failed(this.#over)
    })
  }

  /** Writes to its standard input. */
  write(text: string): void {
    this.#child.stdin.write(text)
  }

  /** Reads from this stream no more, as a reader that ends. */
  leave(stream: 'stdout' | 'stderr'): void {
    this.#child[stream].destroy()
  }

  /** SIGHUP. */
  hangUp(): void {
    this.#child.kill('SIGHUP')
  }

  /** SIGTERM, and SIGKILL when that does not help within 30 s. Resolves when it is gone. */
  async stop(): Promise<void> {
    if (this.#over === undefined) this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), STOP_GRACE_MS)
    await this.exited
    clearTimeout(timer)
  }

  /** SIGKILL, as a crash. Resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.#over === undefined) this.#child.kill('SIGKILL')
    await this.exited
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #take(line: JsonLine): void {
    this.lines.push(line)
    for (const waiter of [...this.#waiters]) if (waiter.fits(line)) waiter.found(line)
  }

  #end(why: string): void {
    running.delete(this.#child)
    this.#over ??= why
    for (const waiter of [...this.#waiters]) waiter.failed(this.#over)
  }

  #forget(waiter: Waiter, timer: NodeJS.Timeout): void {
    clearTimeout(timer)
    this.#waiters.delete(waiter)
  }

  #describe(why: string): string {
    const shown = this.lines.slice(-SHOWN_LINES).map((line) => JSON.stringify(line).slice(0, SHOWN_LENGTH))
    const head = `${this.name}: ${why}; ${this.lines.length} lines, the last:`
    const stderr = this.#stderr === '' ? [] : [`stderr: ${this.#stderr.slice(-2_000)}`]
    return [head, ...shown, ...stderr].join('\n')
  }
}

function readLines(stream: Readable, onLine: (line: JsonLine) => void): void {
  let rest = ''
  stream.setEncoding('utf8').on('data', (text: string) => {
    const pieces = (rest + text).split('\n')
    rest = pieces.pop() ?? ''
    for (const piece of pieces) {
      noteNamedPorts(piece)
      if (piece.trim() !== '') onLine(parseLine(piece))
    }
  })
  stream.on('end', () => {
    if (rest.trim() !== '') onLine(parseLine(rest))
  })
}

function parseLine(text: string): JsonLine {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonLine
  } catch {
    // Programs of others print plain text too.
  }
  return { text }
}
