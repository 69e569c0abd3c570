// Bundles a file of the folder it is started in by a bundler of the toolbox, with the settings that it begins with.
//
//   node bundle.mjs TOOLBOX BUNDLER page|node ENTRY OUT
import { writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'

const [toolbox, bundler, target, entry, out] = process.argv.slice(2)
const folder = process.cwd()
const require = createRequire(join(toolbox, 'package.json'))
const isPage = target === 'page'

/** A package of the toolbox, whichever kind of module it is. */
async function load(name) {
  const namespace = await import(pathToFileURL(require.resolve(name)).href)
  return namespace.default?.build || namespace.default?.rollup ? namespace.default : namespace
}

async function vite(name) {
  const html = `<!doctype html><title>page</title><script type="module" src="/${entry}"></script>`
  if (isPage) writeFileSync(join(folder, 'index.html'), html)
  const { build } = await load(name)
  const ssr = isPage ? {} : { ssr: entry, rollupOptions: { output: { entryFileNames: 'main.js' } } }
  const config = { root: folder, configFile: false, logLevel: 'error', ssr: isPage ? {} : { noExternal: true } }
  await build({ ...config, build: { outDir: out, emptyOutDir: true, ...ssr } })
}

async function webpack(name) {
  const module = require(name)
  const pack = module.default ?? module.webpack ?? module.rspack ?? module
  const output = { path: resolve(out), filename: isPage ? 'main.js' : 'main.cjs', publicPath: '/' }
  // What ws asks for and does without, as its README has it.
  const externals = { bufferutil: 'commonjs bufferutil', 'utf-8-validate': 'commonjs utf-8-validate' }
  const node = isPage ? {} : { target: 'node', externals }
  const config = { mode: 'production', context: folder, entry: `./${entry}`, output, ...node }
  const stats = await new Promise((done, failed) => {
    pack(config, (error, result) => (error ? failed(error) : done(result)))
  })
  if (stats.hasErrors() || stats.hasWarnings()) throw new Error(stats.toString('errors-warnings'))
}

const BUNDLERS = {
  vite5: () => vite('vite5'),
  vite6: () => vite('vite6'),
  vite7: () => vite('vite7'),
  vite8: () => vite('vite8'),
  webpack: () => webpack('webpack'),
  rspack: () => webpack('@rspack/core'),
  async rollup() {
    const { rollup } = await load('rollup')
    const { nodeResolve } = await load('@rollup/plugin-node-resolve')
    // As for most packages of npm: eventemitter3 is CommonJS.
    const { default: commonjs } = await load('@rollup/plugin-commonjs')
    const warnings = []
    const plugins = [nodeResolve({ browser: true }), commonjs()]
    const onwarn = ({ message }) => warnings.push(message)
    const bundle = await rollup({ input: join(folder, entry), plugins, onwarn })
    await bundle.write({ dir: out, format: 'es', entryFileNames: 'main.js' })
    if (warnings.length > 0) throw new Error(warnings.join('\n'))
  },
  async esbuild() {
    const { build } = await load('esbuild')
    const page = { platform: 'browser', format: 'esm', splitting: true }
    const node = { platform: 'node', format: 'cjs', outExtension: { '.js': '.cjs' } }
    const files = { entryPoints: { main: join(folder, entry) }, outdir: out }
    await build({ ...files, bundle: true, logLevel: 'error', ...(isPage ? page : node) })
  },
  async parcel() {
    const html = `<!doctype html><title>page</title><script type="module" src="${entry}"></script>`
    writeFileSync(join(folder, 'parcel.html'), html)
    const { Parcel } = require(require.resolve('@parcel/core', { paths: [require.resolve('parcel/package.json')] }))
    const defaultConfig = require.resolve('@parcel/config-default', { paths: [require.resolve('parcel/package.json')] })
    const targets = { page: { distDir: resolve(out), engines: { browsers: '> 0.5%, not dead' } } }
    const options = { mode: 'production', defaultConfig, targets, shouldDisableCache: true }
    await new Parcel({ entries: join(folder, 'parcel.html'), ...options }).run()
  },
}

await BUNDLERS[bundler]()
// Some bundlers keep workers of theirs alive.
process.exit(0)
