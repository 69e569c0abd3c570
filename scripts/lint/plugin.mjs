// Rules of this repository for oxlint: borders between packages and rooms, and no platform word in portable sources.
import { isTypeOnly, packageOf, placeOf, reachedFrom, roomOf, targetInside } from './imports.mjs'
import { forbiddenWords } from './platform-words.mjs'
import { browserEntries, packages, portablePackages, rooms } from './rooms.mjs'

const isTest = (file) => file.endsWith('.test.ts')
const isNodeFile = (file) => file.endsWith('.node.ts')
const platformOf = (file) => (isNodeFile(file) ? 'node' : file.endsWith('.browser.ts') ? 'browser' : undefined)
const allows = (list = [], name) => list.includes('*') || list.includes(name)

const borders = {
  create(context) {
    const file = context.filename
    const place = placeOf(file)
    if (!place || isTest(file)) return {}
    const check = (node, source, typeOnly) => {
      const message = borderMessage(place, file, source, typeOnly)
      if (message) context.report({ node, message })
    }
    const visit = (node) => {
      if (node.source) check(node, node.source.value, isTypeOnly(node))
    }
    return {
      ImportDeclaration: visit,
      ExportNamedDeclaration: visit,
      ExportAllDeclaration: visit,
      ImportExpression(node) {
        if (typeof node.source.value === 'string') check(node, node.source.value, false)
        else context.report({ node, message: 'an import must name its module in place' })
      },
      Program(node) {
        if (!browserEntries.some((entry) => file.replaceAll('\\', '/').endsWith(`/${entry}`))) return
        for (const { file: where, source } of reachedFrom(file)) {
          if (source !== 'ws' && !source.startsWith('node:')) continue
          context.report({ node, message: `the browser entry reaches '${source}' through ${placeOf(where).inside}` })
        }
      },
    }
  },
}

function borderMessage(place, file, source, typeOnly) {
  if (source.startsWith('.') || source.startsWith('#')) {
    const inside = targetInside(place, file, source)
    if (inside === undefined) return `'${source}' leads out of the package: import it by its name`
    return place.name === 'core' ? roomMessage(roomOf(place.inside), inside, typeOnly) : undefined
  }
  return packageMessage(place, file, source)
}

function roomMessage(from, inside, typeOnly) {
  const to = roomOf(inside)
  const room = rooms[from]
  if (!room) return `the room '${from}' is missing in scripts/lint/rooms.mjs`
  if (from === to || allows(room.uses, to) || allows(room.uses, inside)) return undefined
  if (allows(room.types, to)) return typeOnly ? undefined : `the room '${from}' may import only types of '${to}'`
  return `the room '${from}' may not import '${to}'`
}

function packageMessage(place, file, source) {
  const borders = packages[place.name]
  if (!borders) return `the package '${place.name}' is missing in scripts/lint/rooms.mjs`
  if (source.startsWith('node:')) {
    if (borders.node === 'everywhere' || isNodeFile(file)) return undefined
    return `'${source}' may be imported only in a file named *.node.ts`
  }
  const name = packageOf(source)
  if (name.startsWith('@peerwire/') || name === 'peerwire') {
    return allows(borders.peerwire, name) ? undefined : `'${place.name}' may not import '${name}'`
  }
  if (!allows(borders.outside, name)) return `'${place.name}' may not import '${name}'`
  if (place.name !== 'core') return undefined
  const room = roomOf(place.inside)
  return allows(rooms[room]?.uses, '*') || allows(rooms[room]?.outside, name)
    ? undefined
    : `the room '${room}' may not import '${name}'`
}

const platform = {
  create(context) {
    const file = context.filename
    const place = placeOf(file)
    if (!place || isTest(file) || !portablePackages.includes(place.name)) return {}
    const words = forbiddenWords(place.name === 'core' ? roomOf(place.inside) : '.', platformOf(file))
    const report = (node, word) => context.report({ node, message: `'${word}' may not stand here: ${adviceFor(word)}` })
    return {
      'Program:exit'(node) {
        for (const { identifier, resolved } of unresolved(context.sourceCode.getScope(node))) {
          if (!resolved?.defs?.length && words.globals.has(identifier.name)) report(identifier, identifier.name)
        }
      },
      MemberExpression(node) {
        if (node.object.type !== 'Identifier') return
        const { name } = node.object
        const property = node.computed ? node.property.value : node.property.name
        if (name === 'globalThis' && words.globals.has(property)) report(node, `globalThis.${property}`)
        if (name === 'Math' && words.math.has(property)) report(node, `Math.${property}`)
      },
      BinaryExpression(node) {
        if (node.operator === '**' && words.powers && !isExactPower(node)) report(node, '**')
      },
      AssignmentExpression(node) {
        if (node.operator === '**=' && words.powers) report(node, '**=')
      },
    }
  },
}

function adviceFor(word) {
  if (word.startsWith('**') || word.startsWith('Math.')) {
    return word === 'Math.random' ? 'take a Random' : 'engines differ in it, use base/exact-math.ts or shifts'
  }
  return 'take a Clock, a Random or another argument, or name the file *.node.ts or *.browser.ts'
}

// References to names that no scope of the file declares.
function unresolved(scope) {
  let top = scope
  while (top.upper) top = top.upper
  const declaredNowhere = (reference) => !reference.resolved || reference.resolved.defs.length === 0
  const all = new Set([...top.through, ...top.references, ...(top.childScopes[0]?.through ?? [])])
  return [...all].filter(declaredNowhere)
}

// Whole numbers written in place, such as 2 ** 53, and bigints are exact in every engine.
function isExactPower({ left, right }) {
  const isWhole = ({ type, value }) => type === 'Literal' && (typeof value === 'bigint' || Number.isInteger(value))
  return isWhole(left) && isWhole(right) && (typeof left.value === 'bigint' || left.value === 2)
}

export default { meta: { name: 'peerwire' }, rules: { borders, platform } }
