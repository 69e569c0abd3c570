// A page that shows a ticket to a relay, and speaks with the target that it leads to.
import { createNode, generatePrivateKey } from '@peerwire/core'
import { webSocket } from '@peerwire/transport-ws'
import { chat } from './chat.ts'

declare global {
  interface Window {
    /** Dials with this ticket, says a line, and gives the answer, or what was wrong. */
    sayThrough: (ticket: string, address: string, line: string) => Promise<string>
  }
}

window.sayThrough = async (ticket, address, line) => {
  let hear: (answer: string) => void
  const answered = new Promise<string>((resolve) => (hear = resolve))
  const node = createNode({
    privateKey: generatePrivateKey(),
    transports: [webSocket({ ticket: () => ticket })],
    protocols: [chat.with({ say: (_, answer) => hear(answer) })],
  })
  await node.start()
  try {
    const peer = await node.dial(address)
    await peer.send(chat, 'say', line)
    return await answered
  } catch (error) {
    return String(error)
  } finally {
    await node.close()
  }
}
