// Bundles a program for a browser and weighs what a page loads at once, and what it loads when it needs it.
import { basename } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'esbuild'
import { inRoot } from './paths.mjs'

/**
 * @typedef {object} Weight
 * @property {number} minified - bytes
 * @property {number} brotli - bytes, each file compressed by itself as a server sends it
 */

/**
 * @param {import('../size-budgets.mjs').Budget} budget
 * @returns {Promise<Weight & { inputs: string[], parts: { file: string, bytes: number }[],
 *   lazy: (Weight & { name: string })[] }>} what the program imports statically, all its files together; the sources
 *   that went in anywhere; what each left in the first load, minified; what is loaded by `import()`, file by file
 */
export async function measure({ source, from = 'tests', external = [] }) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: inRoot(from), loader: 'ts' },
    bundle: true,
    splitting: true,
    outdir: inRoot('size'),
    write: false,
    metafile: true,
    minify: true,
    platform: 'browser',
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
    external,
    absWorkingDir: inRoot(),
  })
  const names = Object.keys(metafile.outputs)
  const first = loadedWith(
    names.find((name) => metafile.outputs[name].entryPoint === '<stdin>'),
    metafile.outputs,
  )
  const weigh = (name) => weightOf(outputFiles.find(({ path }) => path === inRoot(name)).contents)
  return {
    ...sum([...first].map(weigh)),
    inputs: Object.keys(metafile.inputs),
    parts: partsOf([...first].map((name) => metafile.outputs[name])),
    lazy: names.filter((name) => !first.has(name)).map((name) => ({ name: readable(name), ...weigh(name) })),
  }
}

/** A file and all that it imports statically. */
function loadedWith(name, outputs, loaded = new Set()) {
  loaded.add(name)
  for (const { kind, path, external } of outputs[name].imports) {
    if (kind === 'import-statement' && !external && !loaded.has(path)) loadedWith(path, outputs, loaded)
  }
  return loaded
}

/** @returns {Weight} */
function weightOf(contents) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: contents.length }
  return { minified: contents.length, brotli: brotliCompressSync(contents, { params }).length }
}

function sum(weights) {
  const total = { minified: 0, brotli: 0 }
  for (const { minified, brotli } of weights) {
    total.minified += minified
    total.brotli += brotli
  }
  return total
}

function partsOf(outputs) {
  return outputs
    .flatMap(({ inputs }) =>
      Object.entries(inputs).map(([file, { bytesInOutput }]) => ({ file, bytes: bytesInOutput })),
    )
    .toSorted((left, right) => right.bytes - left.bytes)
}

// `dialer-LIQSIYIE.js` is the bundler's name for what begins with dialer.ts.
function readable(name) {
  return basename(name).replace(/-[A-Z0-9]{8}\.js$/, '')
}
