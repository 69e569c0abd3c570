// Finds the command that was asked for and runs it.
import { crawlCommand } from '../crawl/command.ts'
import { devEchoCommand } from '../dev/command.ts'
import { dnsSignCommand } from '../dns/command.ts'
import { pingCommand } from '../ping/command.ts'
import { relayCommand } from '../relay/command.ts'
import { resolveCommand } from '../resolve/command.ts'
import { ticketCommand } from '../ticket/command.ts'
import { version } from '../version.ts'
import type { Command, Surroundings } from './command.ts'
import { readFlags } from './flags.ts'
import { table } from './help.ts'
import { nearest } from './nearest.ts'
import { sentenceOf } from './output.ts'
import { UsageError } from './usage-error.ts'

/** Exit codes, as most programs have them. */
const FAILED = 1
const USAGE = 2

const COMMANDS: readonly Command[] = [
  relayCommand,
  pingCommand,
  crawlCommand,
  resolveCommand,
  ticketCommand,
  dnsSignCommand,
  devEchoCommand,
]

export interface ProgramSurroundings extends Surroundings {
  /** Text on standard output, whatever its form is. */
  readonly print: (text: string) => void
  /** The command goes on when nobody reads its output. */
  readonly outlivesReader: () => void
}

/** Runs the program with its arguments; answers the exit code. */
export async function runProgram(args: readonly string[], surroundings: ProgramSurroundings): Promise<number> {
  const [first, second] = args
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') return help(args, surroundings)
  if (first === '--version' && second === undefined) return print(surroundings, `peerwire ${version}\n`)
  const command = COMMANDS.find(({ name }) => name === first || name === `${first} ${second}`)
  if (command) return await runCommand(command, args.slice(command.name.split(' ').length), surroundings)
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `))
  if (group.length > 0 && (second === undefined || second === '--help' || second === '-h'))
    return print(surroundings, groupHelp(group))
  surroundings.warn(`peerwire: ${unknownText(group.length > 0 ? `${first} ${second}` : first)} (see peerwire --help)`)
  return USAGE
}

async function runCommand(
  command: Command,
  args: readonly string[],
  surroundings: ProgramSurroundings,
): Promise<number> {
  try {
    const given = readFlags(args, command.flags)
    if (given.has('help')) return print(surroundings, command.help)
    if (!hasWebAssembly()) throw new Error('keys need WebAssembly: run node without --jitless')
    if (command.outlivesReader?.(given)) surroundings.outlivesReader()
    return await command.run(given, surroundings)
  } catch (error) {
    if (error instanceof UsageError) {
      surroundings.warn(`peerwire ${command.name}: ${error.message} (see peerwire ${command.name} --help)`)
      return USAGE
    }
    surroundings.warn(`peerwire ${command.name}: ${sentenceOf(error)}`)
    return FAILED
  }
}

function hasWebAssembly(): boolean {
  return 'WebAssembly' in globalThis
}

// `help COMMAND` and `--help COMMAND` are `COMMAND --help`.
async function help(args: readonly string[], surroundings: ProgramSurroundings): Promise<number> {
  const asked = args.slice(1).filter((arg) => arg !== '--help' && arg !== '-h')
  return asked.length === 0 ? print(surroundings, rootHelp()) : await runProgram([...asked, '--help'], surroundings)
}

function print({ print: write }: ProgramSurroundings, text: string): number {
  write(text)
  return 0
}

function unknownText(typed: string): string {
  if (typed === '--version') return '--version takes nothing behind it'
  if (typed.startsWith('-')) return `unknown flag ${typed} before a command`
  const near = nearest(
    typed,
    COMMANDS.map(({ name }) => name),
  )
  return `unknown command "${typed}"${near ? `; did you mean "${near}"?` : ''}`
}

function rootHelp(): string {
  const lines = [
    'Usage: peerwire COMMAND [flags]',
    'Peers over RLPx for browsers and Node: a relay, and tools for those who build with it.',
    table(COMMANDS.map(({ name, summary }) => [name, summary])),
    'peerwire COMMAND --help tells the flags of a command; peerwire --version the version.',
  ]
  return `${lines.join('\n\n')}\n`
}

function groupHelp(group: readonly Command[]): string {
  return `${table(group.map(({ name, summary }) => [`peerwire ${name}`, summary]))}\n`
}
