// The stages of a test run: which projects run together, and which of them a filter asks for.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { inRoot } from './paths.mjs'

/** They run at once: the first one computes, the second one mostly waits for browsers and for go-ethereum. */
export const STAGES = [
  { name: 'code', projects: ['unit', 'still', 'sockets', 'packaging'] },
  { name: 'programs', projects: ['browser', 'interop'] },
]
/** Of `npm run test:tools`. */
const TOOL_STAGES = [{ name: 'tools', projects: ['tools'] }]

const FOLDERS = {
  packaging: ['tests/packaging', 'tests/repository'],
  browser: ['tests/browser'],
  interop: ['tests/interop'],
  tools: ['tests/tools'],
}
const projectsIn = (stages) => stages.flatMap(({ projects }) => projects)
const ALL_PROJECTS = projectsIn([...STAGES, ...TOOL_STAGES])

/**
 * What a command line asks for.
 *
 * @param {readonly string[]} args - names of projects, parts of paths, and options of Vitest with a leading `-`
 * @param {'short' | 'long' | 'tools'} kind - a long run without a filter takes only the files whose tests do more in it
 * @returns {{ stages: { name: string, projects: string[] }[], filters: string[], options: string[] }}
 */
export function chooseStages(args, kind) {
  const { names, filters, options } = sort(args)
  const all = kind === 'tools' ? TOOL_STAGES : STAGES
  if (kind === 'long' && filters.length === 0) filters.push(...testFiles().filter(doesMoreInLongRun))
  const ofFilters = filters.length > 0 ? projectsOf(filters) : projectsIn(all)
  // What runs again under another clock has the paths of `unit`.
  if (kind === 'long' && ofFilters.includes('unit')) ofFilters.push('still')
  const wanted = names.length > 0 ? ofFilters.filter((name) => names.includes(name)) : ofFilters
  const stages = all.map(({ name, projects }) => ({
    name,
    projects: projects.filter((one) => wanted.includes(one)),
  }))
  return { stages: stages.filter(({ projects }) => projects.length > 0), filters, options }
}

function sort(args) {
  const names = []
  const filters = []
  const options = []
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]
    if (arg === '-t') options.push(arg, args[++i] ?? '')
    else if (arg.startsWith('-')) options.push(arg)
    else if (ALL_PROJECTS.includes(arg)) names.push(arg)
    else filters.push(arg)
  }
  return { names, filters, options }
}

/** Property tests, and those that ask how many rounds to do. */
function doesMoreInLongRun(file) {
  return /from '(?:fast-check|[./\w]*counts\.ts)'|PEERWIRE_LONG/.test(readFileSync(inRoot(file), 'utf8'))
}

/** The projects with a test file whose path holds one of the filters. */
function projectsOf(filters) {
  const hits = testFiles().filter((file) => filters.some((filter) => file.includes(filter.replace(/^\.\//, ''))))
  return ALL_PROJECTS.filter((name) => hits.some((file) => projectOf(file) === name))
}

function projectOf(file) {
  if (file.startsWith('packages/')) return 'unit'
  const found = Object.entries(FOLDERS).find(([, folders]) => folders.some((folder) => file.startsWith(`${folder}/`)))
  return found?.[0] ?? 'sockets'
}

/** Paths of all test files from the root, with slashes. */
function testFiles() {
  const packages = readdirSync(inRoot('packages')).map((name) => `packages/${name}/src`)
  return [...packages, 'tests'].flatMap((folder) => {
    if (!existsSync(inRoot(folder))) return []
    const entries = readdirSync(inRoot(folder), { recursive: true }).map((path) => path.replaceAll('\\', '/'))
    return entries
      .filter((path) => path.endsWith('.test.ts') && !path.includes('node_modules/'))
      .map((path) => `${folder}/${path}`)
  })
}
