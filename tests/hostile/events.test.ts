// Events that strangers cause don't fill a disk, and none is lost without being counted.
import { expect } from 'vitest'
import { is, it } from '../relay/support/command.ts'
import { comeAndGo } from '../relay/support/visits.ts'

const VISITS = 150
/** Of one kind and a second. */
const MOST = 20

it('visitors who come and go are told of twenty times a second and kind, the rest by its number', async ({ relay }) => {
  const { process: child, url } = await relay()
  const startMs = performance.now()
  await comeAndGo(url, VISITS)
  await child.stop()
  const seconds = Math.ceil((performance.now() - startMs) / 1000) + 1
  const failures = child.lines.filter(is('setupfail'))
  const kinds = new Set(failures.map(({ code }) => code)).size
  expect(failures.length).toBeLessThanOrEqual(Math.min(MOST * kinds * seconds, VISITS))
  const left = child.lines.reduce((sum, { suppressed }) => sum + Number(suppressed ?? 0), 0)
  const last = child.lines.find(is('suppressed'))
  expect(failures.length + left + Number(last?.['count'] ?? 0)).toBe(VISITS)
})
