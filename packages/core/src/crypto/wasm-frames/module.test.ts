// The module that is kept is the one its generator makes.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { FRAME_MAC_FILE, frameMacModule, frameMacSource } from '../../../../../scripts/generate-frame-mac.mjs'

it('is what scripts/generate-frame-mac.mjs makes, and valid', () => {
  expect(readFileSync(FRAME_MAC_FILE, 'utf8')).toBe(frameMacSource())
  expect(WebAssembly.validate(frameMacModule())).toBe(true)
})
