// Bundles a program for a browser and weighs it.
import { brotliCompressSync, constants } from 'node:zlib'
import { build } from 'esbuild'
import { inRoot } from './paths.mjs'

/**
 * @param {import('../size-budgets.mjs').Budget} budget
 * @returns {Promise<{ minified: number, brotli: number, inputs: string[],
 *   parts: { file: string, bytes: number }[] }>} bytes; the files that went in; what each left in the minified bundle
 */
export async function measure({ source, from = 'tests', external = [] }) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: source, resolveDir: inRoot(from), loader: 'ts' },
    bundle: true,
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
  const { contents } = outputFiles[0]
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: contents.length }
  return {
    minified: contents.length,
    brotli: brotliCompressSync(contents, { params }).length,
    inputs: Object.keys(metafile.inputs),
    parts: Object.entries(Object.values(metafile.outputs)[0].inputs)
      .map(([file, { bytesInOutput }]) => ({ file, bytes: bytesInOutput }))
      .toSorted((left, right) => right.bytes - left.bytes),
  }
}
