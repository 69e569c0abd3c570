// Runs a program to its end and gives what it printed.
import { execFile } from 'node:child_process'
/** @param limitMs - after it the program is killed */
export async function runProgram(program, args, cwd, limitMs = 50000) {
  return await new Promise((resolve) => {
    const options = { cwd, timeout: limitMs, maxBuffer: 1 << 24 }
    const child = execFile(program, args, options, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, output: stdout + stderr })
    })
  })
}
/** Runs a program that must succeed. @throws {Error} with all it printed */
export async function mustRun(program, args, cwd) {
  const { code, output } = await runProgram(program, args, cwd)
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}:\n${output}`)
  return output
}
