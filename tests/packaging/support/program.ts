// Runs a program to its end and gives what it printed.
import { execFile } from 'node:child_process'

export interface ProgramResult {
  readonly code: number
  /** Both streams, in the order they came in each. */
  readonly output: string
}

/** @param limitMs - after it the program is killed */
export async function runProgram(
  program: string,
  args: readonly string[],
  cwd: string,
  limitMs = 50_000,
): Promise<ProgramResult> {
  return await new Promise((resolve) => {
    // A shim of the package manager may have told this process where the workspace's packages are.
    const env = { ...process.env, NODE_PATH: '' }
    const options = { cwd, env, timeout: limitMs, maxBuffer: 1 << 24 }
    const child = execFile(program, args, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, output: stdout + stderr })
    })
  })
}

/** Runs a program that must succeed. @throws {Error} with all it printed */
export async function mustRun(
  program: string,
  args: readonly string[],
  cwd: string,
  limitMs?: number,
): Promise<string> {
  const { code, output } = await runProgram(program, args, cwd, limitMs)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}`)
  return output
}
