// What a person waits for: from opening a page that nothing is known of to its first peer and to the first item that
// the peer tells of; through a proxy that makes every round trip as long as wanted.
import { connect, createServer } from 'node:net'
import { inRoot } from '../../scripts/lib/paths.mjs'
import { buildPage, launchChromium, serveFolder, startListener } from './browser.mjs'

/**
 * @param {{ roundTripMs: number, visits: number }} options
 * @returns {Promise<{ loadedMs: number[], peerMs: number[], itemMs: number[] }>}
 *   since the navigation began, one of each for a visit
 */
export async function visitPage({ roundTripMs, visits }) {
  const page = await serveFolder(await buildPage('bench-page'))
  const listener = await startListener(inRoot('examples', 'bench-page', 'listener.mjs'), ['ws://127.0.0.1:0'])
  const web = await delayed(Number(new URL(page.url).port), roundTripMs)
  const peer = await delayed(Number(/:(\d+)\//.exec(listener.address)[1]), roundTripMs)
  const address = listener.address.replace(/:\d+\/$/, `:${peer.port}/`)
  const browser = await launchChromium()
  const found = { loadedMs: [], peerMs: [], itemMs: [] }
  try {
    for (let visit = 0; visit < visits; visit++) {
      // A stranger each time: nothing is cached, nothing is connected.
      const context = await browser.newContext()
      const tab = await context.newPage()
      await tab.goto(`http://127.0.0.1:${web.port}/visit.html#${address}`)
      const times = await (await tab.waitForFunction(() => globalThis.visited)).jsonValue()
      for (const key of Object.keys(found)) found[key].push(times[key])
      await context.close()
    }
  } finally {
    await browser.close()
    listener.stop()
    for (const one of [page, web, peer]) one.close()
  }
  return found
}

/** A way to `port` on which every byte is late by half a round trip, and a connection by a whole one. */
export async function delayed(port, roundTripMs) {
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const socket of [near, far]) socket.setNoDelay(true).on('error', () => [near, far].map((one) => one.destroy()))
    // TCP's own handshake ends at this proxy, so its round trip is added to what is said first.
    const opensAtMs = performance.now() + roundTripMs
    carry(near, far, () => Math.max(opensAtMs, performance.now()) + roundTripMs / 2)
    carry(far, near, () => performance.now() + roundTripMs / 2)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { port: server.address().port, close: () => server.close() }
}

function carry(from, to, arrivesAtMs) {
  let lastMs = 0
  const later = (step) => {
    lastMs = Math.max(lastMs, arrivesAtMs())
    setTimeout(() => step(), lastMs - performance.now())
  }
  from.on('data', (chunk) => later(() => to.writable && to.write(chunk)))
  from.on('end', () => later(() => to.end()))
}
