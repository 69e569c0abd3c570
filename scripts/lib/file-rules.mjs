// Rules for the text of every file in the repository that no linter knows: lengths, and words that must not get in.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Lines of a source file; past it the file is two files. */
const MAX_LINES = 400
/** Characters of a line of a comment, as the formatter has it for code. */
const MAX_LINE_LENGTH = 120

const SOURCE = /\.(ts|mts|mjs|js)$/
const GENERATED = /(^|\/)(pnpm-lock\.yaml|go\.sum)$|^vectors\//
const COMPILED = /(?:\.d\.ts|\.js)(?:\.map)?$/
const COMMENT = /^\s*(?:\/\/|\/\*|\* )/
const BINARY = /\.(png|jpe?g|gif|ico|woff2?|wasm|bin|gz|tgz)$/i
/** Names of hosts are put together here, so that this file does not break its own rule. */
const REGISTRIES = [
  ['registry', 'npmjs'],
  ['registry', 'yarnpkg'],
  ['proxy', 'golang'],
]

const WORDS = [
  {
    what: 'a path of somebody’s machine',
    pattern: /(?<![\w.@/-])\/(?:work|root|home|Users|tmp|mnt|opt\/hosted)\/[\w.-]/,
  },
  { what: 'a path of somebody’s machine', pattern: /\b[A-Z]:\\Users\\/ },
  { what: 'the host of a registry', pattern: new RegExp(REGISTRIES.map((parts) => parts.join('\\.')).join('|')) },
  // Between the look and the use the system gives the port to somebody else.
  { what: 'a port that is looked for before it is taken', pattern: /(?:free|unused|available|random)_?port\b/i },
  { what: 'a mark of a merge', pattern: /^(?:<{7}|>{7}) / },
]

/**
 * Breaches of these rules, one sentence each.
 *
 * @param {string} folder - where the repository is
 * @returns {string[]}
 */
export function checkFiles(folder) {
  const files = listFiles(folder).filter((file) => existsSync(join(folder, file)))
  const known = new Set(files)
  const compiled = files.filter((file) => COMPILED.test(file) && known.has(file.replace(COMPILED, '.ts')))
  return [
    ...compiled.map((file) => `${file}: compiled beside its source`),
    ...files.filter((file) => !BINARY.test(file)).flatMap((file) => checkFile(folder, file)),
  ]
}

function checkFile(folder, file) {
  const lines = readFileSync(join(folder, file), 'utf8').split('\n')
  const found = []
  const isSource = SOURCE.test(file) && !GENERATED.test(file)
  if (isSource && lines.length - 1 > MAX_LINES) {
    found.push(`${file}: ${lines.length - 1} lines, more than ${MAX_LINES}`)
  }
  for (const [index, line] of lines.entries()) {
    const place = `${file}:${index + 1}`
    // The formatter sees to code; what it leaves long is a literal that can't be broken.
    if (isSource && line.length > MAX_LINE_LENGTH && COMMENT.test(line)) {
      found.push(`${place}: ${line.length} characters, more than ${MAX_LINE_LENGTH}`)
    }
    for (const { what, pattern } of WORDS) if (pattern.test(line)) found.push(`${place}: ${what}`)
  }
  return found
}

/** Files that are tracked or would be, as paths from the root; without git, all that no tool made. */
function listFiles(folder) {
  try {
    const output = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '-z'], {
      cwd: folder,
      maxBuffer: 1 << 26,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return output.toString().split('\0').filter(Boolean)
  } catch {
    return walk(folder, '')
  }
}

function walk(folder, inside) {
  return readdirSync(join(folder, inside), { withFileTypes: true }).flatMap((entry) => {
    if (['.git', 'node_modules', 'dist', '.cache'].includes(entry.name)) return []
    const path = inside === '' ? entry.name : `${inside}/${entry.name}`
    return entry.isDirectory() ? walk(folder, path) : [path]
  })
}
