// What an import means: which package, which room, types only or not.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'

/** Where a source file lies: `{ root, name, folder, inside }`, or undefined outside of `packages/<name>/src`. */
export function placeOf(file) {
  const match = /^(.*)[\\/]packages[\\/]([^\\/]+)[\\/]src[\\/](.+)$/.exec(file)
  if (!match) return undefined
  const [, root, name, inside] = match
  return { root, name, folder: join(root, 'packages', name), inside: inside.split(sep).join('/') }
}

/** The room of a file inside `src`; `.` for files at its top. */
export function roomOf(inside) {
  return inside.includes('/') ? inside.slice(0, inside.indexOf('/')) : '.'
}

/** The name of the package in an import that is neither relative nor of the platform. */
export function packageOf(source) {
  return source
    .split('/')
    .slice(0, source.startsWith('@') ? 2 : 1)
    .join('/')
}

/** The file inside `src` that a relative or `#` import leads to; undefined when it leads out of it. */
export function targetInside(place, file, source) {
  const target = source.startsWith('#')
    ? join(
        place.folder,
        ownImport(place.folder, source)
          .replace(/^\.\/dist\//, 'src/')
          .replace(/\.js$/, '.ts'),
      )
    : resolve(dirname(file), source)
  const inside = relative(join(place.folder, 'src'), target).split(sep).join('/')
  return inside.startsWith('../') ? undefined : inside
}

function ownImport(folder, source) {
  const { imports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  let target = imports?.[source] ?? ''
  while (typeof target !== 'string') target = target.default ?? Object.values(target).at(-1)
  return target
}

/** Whether an import or export leaves nothing in the compiled file. */
export function isTypeOnly(node) {
  if (node.importKind === 'type' || node.exportKind === 'type') return true
  const names = node.specifiers ?? []
  return names.length > 0 && names.every((name) => name.importKind === 'type' || name.exportKind === 'type')
}

const IMPORT = /^\s*(?:import|export)\s(?!type\b)(?:[^'";]*?\bfrom\s*)?['"]([^'"]+)['"]/gm

/** All modules that a file reaches by relative imports, with the file that names each foreign one. */
export function reachedFrom(entry) {
  const seen = new Set()
  const foreign = []
  const walk = (file) => {
    if (seen.has(file) || !existsSync(file)) return
    seen.add(file)
    for (const [, source] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
      if (source.startsWith('.')) walk(resolve(dirname(file), source))
      else foreign.push({ file, source })
    }
  }
  walk(entry)
  return foreign
}
