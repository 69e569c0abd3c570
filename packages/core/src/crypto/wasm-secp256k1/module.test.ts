// The module that is kept is what its generator makes of the sources as they are.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { SECP256K1_FILE, secp256k1Inputs, secp256k1Source } from '../../../../../scripts/generate-secp256k1.mjs'
import { fromHex } from '../../base/bytes.ts'
import { SECP256K1_MODULE } from './module.ts'

it('was made from these sources, by this compiler, with these flags', () => {
  const kept = readFileSync(SECP256K1_FILE, 'utf8')
  expect(kept).toContain(`// Inputs: ${secp256k1Inputs()}\n`)
  expect(kept).toBe(secp256k1Source(fromHex(SECP256K1_MODULE)))
})

it('is valid, imports nothing, and offers what is used', async () => {
  const module = await WebAssembly.compile(new Uint8Array(fromHex(SECP256K1_MODULE)))
  expect(WebAssembly.Module.imports(module)).toEqual([])
  const names = WebAssembly.Module.exports(module).map(({ name }) => name)
  expect(names.toSorted()).toEqual(['check', 'derive', 'memory', 'place', 'recover', 'share', 'sign', 'start'])
})
