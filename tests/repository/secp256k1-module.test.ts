// The curve's module, compiled again from libsecp256k1: the same bytes as those that are kept.
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { compileSecp256k1, fetchTools, SECP256K1_FILE, secp256k1Source } from '../../scripts/generate-secp256k1.mjs'

it('is what its sources compile to, wherever cargo and npm can bring them', async () => {
  const tools = await fetchTools()
  if ('missing' in tools) {
    // What remains is the hash of the inputs, which a test beside the module compares everywhere.
    console.log(`Not compiled again: ${tools.missing}`)
  } else {
    const bytes = await compileSecp256k1(tools)
    expect(secp256k1Source(bytes) === readFileSync(SECP256K1_FILE, 'utf8')).toBe(true)
  }
})
