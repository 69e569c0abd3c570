// Runs programs, and ends scripts with one clear sentence instead of a stack.
import { spawn } from 'node:child_process'
import { root } from './paths.mjs'

/** A failure that needs no stack: its message says what to do. */
export class Stop extends Error {}

/** Windows starts `npm` and other command files only through a shell. */
const isWindows = process.platform === 'win32'

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {{ env?: Record<string, string>, quiet?: boolean, cwd?: string, timeoutMs?: number }} [options]
 *   `quiet`: collect the output instead of showing it
 * @returns {Promise<{ code: number, output: string }>} `code` is -1 when it could not be started or was ended
 */
export function run(program, args, { env = {}, quiet = false, cwd = root, timeoutMs } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit',
      shell: isWindows && !program.endsWith('.exe') && program !== process.execPath,
      ...(timeoutMs === undefined ? {} : { timeout: timeoutMs }),
    })
    let output = ''
    child.stdout?.on('data', (chunk) => (output += chunk))
    child.stderr?.on('data', (chunk) => (output += chunk))
    child.on('error', (error) => resolve({ code: -1, output: `${output}${error.message}` }))
    child.on('close', (code) => resolve({ code: code ?? -1, output }))
  })
}

/** Runs a script or a tool with this very Node. */
export function runNode(args, options) {
  return run(process.execPath, args, options)
}

/** Runs `main`; a Stop is printed as a sentence, everything else with its stack. */
export async function runMain(main) {
  try {
    await main()
  } catch (error) {
    console.error(error instanceof Stop ? error.message : error)
    process.exitCode = 1
  }
}
