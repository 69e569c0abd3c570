#!/usr/bin/env node
// Starts the compiled command. It is no build product, so that a workspace can link it before its first build.
import { existsSync } from 'node:fs'

const main = new URL('../dist/main.js', import.meta.url)
if (existsSync(main)) {
  await import(main.href)
} else {
  console.error('peerwire is not built yet: run `npm run build` in the root of the repository')
  process.exitCode = 1
}
