// The module that is kept is the one its generator makes, and it is small enough to be compiled at once in a page.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { KECCAK_FILE, keccakModule, keccakSource } from '../../../../../scripts/generate-keccak.mjs'

it('is what scripts/generate-keccak.mjs makes', () => {
  expect(readFileSync(KECCAK_FILE, 'utf8')).toBe(keccakSource())
})

it('is valid, and has less than the 4 KiB that some browsers compile without waiting', () => {
  const bytes = keccakModule()
  expect(WebAssembly.validate(bytes)).toBe(true)
  expect(bytes.length).toBeLessThan(4096)
})
