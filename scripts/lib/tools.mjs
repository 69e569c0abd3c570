// The files of installed command-line tools: started by Node itself, they need neither PATH nor a package manager.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inRoot } from './paths.mjs'
import { runNode } from './run.mjs'

/** The script of a tool that the root depends on. */
export function toolFile(packageName, tool = packageName) {
  const manifest = inRoot('node_modules', packageName, 'package.json')
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8'))
  return join(dirname(manifest), typeof bin === 'string' ? bin : bin[tool])
}

/** Runs a tool that the root depends on; options as of `run`. */
export function runTool(tool, args, options, packageName = tool) {
  return runNode([toolFile(packageName, tool), ...args], options)
}
