// The events of a relay are those of its README: by name, in their order, with these fields in this order.
import { readFile } from 'node:fs/promises'
import { expect } from 'vitest'
import { claimPort } from '../support/ports.ts'
import { is, it } from './support/command.ts'
import { comeAndGo } from './support/visits.ts'

const README = new URL('../../packages/relay/README.md', import.meta.url)
const KEY = '79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798'
const POINT = `${KEY}483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8`

/** Fields by event, as its table has them. */
async function documented(): Promise<ReadonlyMap<string, readonly string[]>> {
  const [, section = ''] = (await readFile(README, 'utf8')).split('### Events\n')
  const rows = (section.split('\n### ')[0] ?? '').matchAll(/^\| `(\w+)` \| (.*) \|$/gm)
  return new Map(
    Array.from(rows, ([, event, cell]) => [event!, Array.from(cell!.matchAll(/`(\w+)`/g), ([, name]) => name!)]),
  )
}

it('a relay prints what its README says', async ({ relay }) => {
  const nobody = `127.0.0.1:${await claimPort()}`
  const targets = ['--bridge', `a=enode://${POINT}@${nobody}`, '--connect', `enode://${POINT}@${nobody}`]
  const search = ['--bootnode', `enode://${POINT}@${nobody}`]
  const { process: child, url } = await relay(['--sample', '--ban', '203.0.113.9', ...targets, ...search])
  await comeAndGo(url, 1)
  const ends = ['item', 'dialfail', 'setupfail', 'message']
  await Promise.all(ends.map((event) => child.waitFor(is(event))))
  await child.stop()
  const events = await documented()
  const begins = ['listening', 'listening', 'discovery', 'bridge', 'ban']
  expect(child.lines.slice(0, begins.length).map(({ event }) => event)).toEqual(begins)
  expect(child.lines.map(({ event }) => event)).toEqual(expect.arrayContaining(['peer', 'drop', ...ends]))
  for (const { event, ...fields } of child.lines) {
    const known = [...events.get(String(event))!, 'suppressed']
    const names = Object.keys(fields)
    expect([event, ...names]).toEqual([event, ...known.filter((name) => name in fields)])
  }
})
