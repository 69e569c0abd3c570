// go-ethereum's `devp2p` tool, run to its end.
import { execFile } from 'node:child_process'
import { goPeersWithGeth } from './go-peers.ts'

/** Longest run of the tool. */
const LIMIT_MS = 60_000

export interface ToolRun {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs `devp2p` with these arguments. */
export async function runDevp2p(...args: readonly string[]): Promise<ToolRun> {
  const { devp2p } = await goPeersWithGeth()
  return await new Promise((resolve) => {
    execFile(devp2p, args, { timeout: LIMIT_MS }, (error, stdout, stderr) => {
      const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0
      resolve({ code, stdout, stderr })
    })
  })
}
