// Requests for the page that nobody waits for: no descriptor is left open, and the page is served on.
import { readdir } from 'node:fs/promises'
import { connect } from 'node:net'
import { once } from 'node:events'
import { expect } from 'vitest'
import { is, it } from '../relay/support/command.ts'

const REQUESTS = 100
const ROUNDS = 3

/** Descriptors of a process, where the system tells. */
async function descriptorsOf(pid: number): Promise<number> {
  return process.platform === 'linux' ? (await readdir(`/proc/${pid}/fd`)).length : 0
}

it('a hundred pipelined GETs for a large file leave nothing open when their connection goes', async ({ relay }) => {
  const { process: child, url } = await relay()
  await child.waitFor(is('listening'))
  const { port } = new URL(url)
  const html = await (await fetch(url)).text()
  const path = /src="\.?(\/assets\/index-[^"]+\.js)"/.exec(html)![1]!
  const before = await descriptorsOf(child.pid)
  for (let round = 0; round < ROUNDS; round++) {
    const socket = connect(Number(port), '127.0.0.1').pause()
    await once(socket, 'connect')
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`.repeat(REQUESTS))
    // The first answer is on its way by then, and the others wait for a reader.
    await once(socket, 'readable')
    socket.destroy()
  }
  // Our own keep-alive connection may have gone meanwhile.
  await expect.poll(() => descriptorsOf(child.pid)).toBeLessThanOrEqual(before)
  expect((await fetch(new URL(path, url))).status).toBe(200)
})
