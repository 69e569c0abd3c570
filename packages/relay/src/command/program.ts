// Finds the command that was asked for and runs it.
import { crawlCommand } from '../crawl/command.ts'
import { devEchoCommand } from '../dev/command.ts'
import { dnsSignCommand } from '../dns/command.ts'
import { pingCommand } from '../ping/command.ts'
import { relayCommand } from '../relay/command.ts'
import { resolveCommand } from '../resolve/command.ts'
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
  dnsSignCommand,
  devEchoCommand,
]

export interface ProgramSurroundings extends Surroundings {
  /** A line on standard error. */
  readonly warn: (line: string) => void
}

/** Runs the program with its arguments; answers the exit code. */
export async function runProgram(args: readonly string[], surroundings: ProgramSurroundings): Promise<number> {
  const [first, second] = args
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') return print(rootHelp())
  if (first === '--version') return print(`peerwire ${version}\n`)
  const command = COMMANDS.find(({ name }) => name === first || name === `${first} ${second}`)
  if (command) return await runCommand(command, args.slice(command.name.split(' ').length), surroundings)
  const group = COMMANDS.filter(({ name }) => name.startsWith(`${first} `))
  if (group.length > 0 && (second === undefined || second === '--help' || second === '-h'))
    return print(groupHelp(group))
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
    if (given.has('help')) return print(command.help)
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

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

function unknownText(typed: string): string {
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
