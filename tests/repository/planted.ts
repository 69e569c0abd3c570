// A small copy of the workspace in which a test plants a breach, and what the linter says of it.
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root: string = fileURLToPath(new URL('../..', import.meta.url))

/** What the linter reads, besides the planted files. */
const NEEDED = ['.oxlintrc.json', 'scripts/lint', 'tsconfig.base.json']
const PACKAGES = ['core', 'transport-ws', 'transport-tcp', 'eth']

export interface Finding {
  /** From the root of the copy, with slashes. */
  readonly file: string
  readonly rule: string
  readonly message: string
}

export interface PlantedWorkspace {
  plant(files: Readonly<Record<string, string>>): void
  lint(): Promise<readonly Finding[]>
  readonly folder: string
  remove(): void
}

/** A copy without sources, in a folder of its own. */
export function createPlantedWorkspace(): PlantedWorkspace {
  const folder = mkdtempSync(join(tmpdir(), 'peerwire-planted-'))
  for (const path of NEEDED) cpSync(join(root, path), join(folder, path), { recursive: true })
  for (const name of PACKAGES) {
    for (const file of ['package.json', 'tsconfig.json']) {
      cpSync(join(root, 'packages', name, file), join(folder, 'packages', name, file))
    }
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction')
  return {
    folder,
    plant: (files) => {
      for (const [path, text] of Object.entries(files)) {
        mkdirSync(dirname(join(folder, path)), { recursive: true })
        writeFileSync(join(folder, path), text)
      }
    },
    lint: async () => await lint(folder),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

interface Report {
  readonly diagnostics: readonly { readonly code?: string; readonly message: string; readonly filename: string }[]
}

async function lint(folder: string): Promise<readonly Finding[]> {
  const program = join(root, 'node_modules/oxlint/bin/oxlint')
  const args = [program, '--type-aware', '--format=json', 'packages']
  const output = await new Promise<string>((resolve) => {
    execFile(process.execPath, args, { cwd: folder, maxBuffer: 1 << 24 }, (_error, stdout, stderr) => {
      resolve(stdout === '' ? stderr : stdout)
    })
  })
  const { diagnostics } = JSON.parse(output) as Report
  return diagnostics.map(({ code = '', message, filename }) => ({
    file: filename.replaceAll('\\', '/').replace(`${folder.replaceAll('\\', '/')}/`, ''),
    rule: code,
    message,
  }))
}
