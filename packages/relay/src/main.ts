// The `peerwire` program: runs one command and turns its end into an exit code.
import { formatLine, systemClock } from '@peerwire/core'
import { LineSink } from './command/line-sink.ts'
import { createOutput, sentenceOf } from './command/output.ts'
import { endsWithParent } from './command/parent.ts'
import { runProgram } from './command/program.ts'
import { standardTarget } from './command/standard-streams.ts'

/** By then what was printed has long been taken; only something forgotten could still hold the process. */
const LINGER_MS = 2_000

const args = process.argv.slice(2)
const isJson = args.includes('--json')
const controller = new AbortController()
const hangUps: (() => void)[] = []
/** Whether the command is of no use once nobody reads its output. */
let endsWithReader = true

const stdout = new LineSink({
  target: standardTarget(process.stdout),
  clock: systemClock,
  resumed: (count) => (isJson ? `{"event":"suppressed","count":${count}}\n` : `(${count} lines were left out)\n`),
})
const stderr = new LineSink({
  target: standardTarget(process.stderr),
  clock: systemClock,
  resumed: (count) => `${formatLine('warn', systemClock.wallNow(), 'Lines were left out', { count })}\n`,
})
stderr.dropsWhenSlow = true
const output = createOutput(isJson, (text) => stdout.write(text))
const warn = (line: string): void => stderr.write(`${line}\n`)
stdout.onFailure = ({ reason, isGone }) => {
  if (!isGone || !endsWithReader) warn(`peerwire: standard output fails: ${reason}; what it should take is left out`)
  else controller.abort(new Error('nobody reads the output'))
}
stderr.onFailure = ({ reason }) => {
  const message = `standard error fails: ${reason}; what it should take is left out`
  output.event('warning', { message })
  output.text(`  warning  ${message}`)
}

const onSignal = (name: 'SIGINT' | 'SIGTERM', number: number): void => {
  process.on(name, () => {
    // The second one doesn't wait for anybody.
    if (controller.signal.aborted) process.exit(128 + number)
    controller.abort(new Error(`stopped by ${name}`))
  })
}
onSignal('SIGINT', 2)
onSignal('SIGTERM', 15)
process.on('SIGHUP', () => hangUps.forEach((listener) => listener()))
// A file that may not grow is an error of its write.
if (process.platform !== 'win32') process.on('SIGXFSZ', () => undefined)
const endWatch = endsWithParent(process, systemClock, () =>
  controller.abort(new Error('stopped: whoever started it has ended')),
)

try {
  process.exitCode = await runProgram(args, {
    output,
    signal: controller.signal,
    warn,
    onHangUp: (listener) => void hangUps.push(listener),
    print: (text) => stdout.write(text),
    outlivesReader: () => {
      endsWithReader = false
      stdout.dropsWhenSlow = true
    },
  })
} catch (error) {
  warn(`peerwire: ${sentenceOf(error)}`)
  process.exitCode = 1
}
endWatch()
process.exitCode = exitCodeOf(process.exitCode)
setTimeout(() => process.exit(), LINGER_MS).unref()

// A result that could not be written is a failure; one that nobody wanted to read, as with `head`, is none.
function exitCodeOf(code: number): number {
  const { failure, dropped } = stdout
  if (!failure) return code
  if (endsWithReader && failure.isGone) return 0
  warn(`peerwire: ${dropped} lines of standard output were left out: ${failure.reason}`)
  return endsWithReader && code === 0 ? 1 : code
}
