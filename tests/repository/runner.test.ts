// The test runner itself: which tests a command line chooses, and that everything that fails is counted.
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { inRoot } from '../../scripts/lib/paths.mjs'
import { chooseStages } from '../../scripts/lib/stages.mjs'

const NO_ENV = { CI: '', FORCE_COLOR: '0' }

describe('the choice of tests', () => {
  it.each([
    ['nothing: every project', [], ['unit', 'still', 'sockets', 'packaging', 'browser', 'interop']],
    ['a project', ['unit'], ['unit']],
    ['two projects', ['interop', 'unit'], ['unit', 'interop']],
    ['a folder', ['tests/repository'], ['packaging']],
    ['a file with a dot before it', ['./tests/repository/runner.test.ts'], ['packaging']],
    ['a part of a path', ['wire/snappy'], ['unit']],
    ['a path that nothing has', ['no/such/place'], []],
    ['a title in all projects', ['-t', 'unit'], ['unit', 'still', 'sockets', 'packaging', 'browser', 'interop']],
  ])('%s', (_what, args, projects) => {
    const { stages } = chooseStages(args, 'short')
    expect(stages.flatMap((stage) => stage.projects)).toEqual(projects)
  })

  it('a long run without a filter takes the files that do more in it', () => {
    const { filters, stages } = chooseStages([], 'long')
    expect(stages[0]!.projects.slice(0, 2)).toEqual(['unit', 'still'])
    expect(filters).toContain('packages/core/src/wire/rlp.test.ts')
    expect(filters).not.toContain('tests/repository/files.test.ts')
  })
})

describe('the choice of tests with tools', () => {
  it('is their own project, which no other run has', () => {
    expect(chooseStages([], 'tools').stages.flatMap((stage) => stage.projects)).toEqual(['tools'])
    expect(chooseStages(['tests/tools/runtimes'], 'tools').stages).toHaveLength(1)
    for (const kind of ['short', 'long'] as const) {
      expect(chooseStages([], kind).stages.flatMap((stage) => stage.projects)).not.toContain('tools')
    }
  })
})

describe('.ci/run', () => {
  it.each([
    ['adds up what a step counted', "printf 'x\n3 passed, 0 failed, 2 skipped\n'", '3 0 2'],
    ['knows a step that failed by its count', "printf '3 passed, 2 failed\n'; exit 1", '3 2 0'],
    ['fails a step that dies without counts', 'exit 3', '0 1 0'],
    ['fails a step that counts nothing, though it ends well', 'true', '0 1 0'],
    ['fails a step that ends badly after a good count', "printf '3 passed, 0 failed\n'; exit 9", '3 1 0'],
    ['fails a step past its time', 'sleep 60', '0 1 0'],
  ])('%s', async (_what, step, counts) => {
    const script = `PEERWIRE_CI_SOURCED=1; source .ci/run >/dev/null; count x 2s bash -c "$STEP" >/dev/null
      echo "$passed $failed $skipped"`
    const env = { ...process.env, STEP: step }
    const output = await new Promise<string>((resolve) => {
      execFile('bash', ['-c', script], { cwd: inRoot(), env }, (_error, stdout) => resolve(stdout))
    })
    expect(output.trim()).toBe(counts)
  })
})

describe('the counts', () => {
  it('hold passed, failed and skipped tests, files that cannot be read, and rejections that nobody handles', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'peerwire-counts-'))
    try {
      symlinkSync(inRoot('node_modules'), join(folder, 'node_modules'), 'junction')
      for (const [name, text] of Object.entries(SUITE)) writeFileSync(join(folder, name), text)
      const counts = join(folder, 'counts.json')
      const reporter = inRoot('scripts', 'lib', 'counts-reporter.mjs')
      const args = [inRoot('node_modules', 'vitest', 'vitest.mjs'), 'run', '--root', folder, `--reporter=${reporter}`]
      const options = { cwd: folder, env: { ...process.env, ...NO_ENV, PEERWIRE_COUNTS: counts } }
      await new Promise<void>((resolve) => void execFile(process.execPath, args, options, () => resolve()))
      expect(JSON.parse(readFileSync(counts, 'utf8'))).toEqual({ passed: 2, failed: 3, skipped: 1 })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

const SUITE = {
  'package.json': '{ "type": "module" }',
  'mixed.test.js': `
    import { expect, it } from 'vitest'
    it('passes', () => expect(1).toBe(1))
    it('fails', () => expect(1).toBe(2))
    it.skip('is skipped', () => {})
  `,
  'broken.test.js': "import './not-there.js'",
  'rejects.test.js': `
    import { it } from 'vitest'
    it('leaves a rejection', () => void Promise.reject(new Error('nobody handles this')))
  `,
}
