// The `peerwire` program: runs one command and turns its end into an exit code.
import { createOutput, sentenceOf } from './command/output.ts'
import { runProgram } from './command/program.ts'

/** By then what was printed has long been taken; only something forgotten could still hold the process. */
const LINGER_MS = 2_000

const controller = new AbortController()
const onSignal = (name: 'SIGINT' | 'SIGTERM', number: number): void => {
  process.on(name, () => {
    // The second one doesn't wait for anybody.
    if (controller.signal.aborted) process.exit(128 + number)
    controller.abort(new Error(`stopped by ${name}`))
  })
}
onSignal('SIGINT', 2)
onSignal('SIGTERM', 15)

// Whoever read our output has gone, as `head` does.
process.stdout.on('error', () => process.exit(0))

const args = process.argv.slice(2)
const output = createOutput(args.includes('--json'), (text) => void process.stdout.write(text))
const warn = (line: string): void => void process.stderr.write(`${line}\n`)
try {
  process.exitCode = await runProgram(args, { output, signal: controller.signal, warn })
} catch (error) {
  warn(`peerwire: ${sentenceOf(error)}`)
  process.exitCode = 1
}
setTimeout(() => process.exit(), LINGER_MS).unref()
