// The helper that runs other programs: what it tells when they do not say what was expected, and that they end.
import { expect, it } from 'vitest'
import { startProcess } from './json-process.ts'
import type { JsonProcess } from './json-process.ts'

const STUBBORN = `process.on('SIGTERM', () => undefined); setInterval(() => undefined, 1000); console.log('{"ready":1}')`

function runScript(script: string, signal?: AbortSignal): JsonProcess {
  return startProcess(process.execPath, ['-e', script], { signal, name: 'script' })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

it('finds lines that came before and after it was asked, however they were cut', async () => {
  const script = `process.stdout.write('{"a":1}\\n{"b"'); setTimeout(() => process.stdout.write(':2}\\nplain\\n{"c":3}'), 50)`
  const child = runScript(script)
  expect(await child.waitFor((line) => line['b'] === 2)).toEqual({ b: 2 })
  expect(await child.waitFor((line) => line['a'] === 1)).toEqual({ a: 1 })
  expect(await child.exited).toBe(0)
  expect(child.lines).toEqual([{ a: 1 }, { b: 2 }, { text: 'plain' }, { c: 3 }])
})

it('shows the last lines and standard error when a line does not come', async () => {
  const child = runScript(`console.log('{"a":1}'); console.error('trouble'); setInterval(() => undefined, 1000)`)
  await child.waitFor((line) => line['a'] === 1)
  const waiting = child.waitFor((line) => line['b'] === 1, 300, 'b')
  await expect(waiting).rejects.toThrow(
    /script: no such line within 300 ms: b; 1 lines, the last:\n\{"a":1\}\nstderr: trouble/,
  )
  await child.kill()
})

it('does not wait for a line of a program that has ended', async () => {
  const child = runScript(`process.exit(3)`)
  await expect(child.waitFor(() => true)).rejects.toThrow('script: ended with 3')
  await expect(child.waitFor(() => true)).rejects.toThrow('script: ended with 3')
})

it('says that a program did not start', async () => {
  const child = startProcess('/does/not/exist', [])
  await expect(child.waitFor(() => true)).rejects.toThrow('exist: did not start')
  expect(await child.exited).toBeNull()
  await child.stop()
})

it('ends a program that ignores SIGTERM when the signal aborts, and by kill', async () => {
  const over = new AbortController()
  const [aborted, killed] = [runScript(STUBBORN, over.signal), runScript(STUBBORN)]
  await Promise.all([aborted, killed].map((child) => child.waitFor((line) => line['ready'] === 1)))
  over.abort()
  await Promise.all([aborted.exited, killed.kill()])
  expect([aborted, killed].map(({ pid }) => isAlive(pid))).toEqual([false, false])
})
