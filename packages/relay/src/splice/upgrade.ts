// Answers WebSocket upgrades as the `ws` package does, and leaves the socket untouched to whoever splices it.
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocket, WebSocketServer } from 'ws'

/** Takes over nothing: `ws` checks and answers the request, and would then give the socket to its own reader. */
class Untouched extends WebSocket {
  setSocket(): void {}
}

export interface Upgrades {
  /**
   * Answers the request: with 101, or with why it is no upgrade.
   *
   * @param upgraded - called when it was 101; the socket and `head` are the caller's from then on
   */
  answer(request: IncomingMessage, socket: Duplex, head: Buffer, upgraded: () => void): void
  /** Answers 503 from now on. */
  close(): void
}

/** @param chooseProtocol - which subprotocol of those offered is named in the answer */
export function createUpgrades(chooseProtocol: (offered: ReadonlySet<string>) => string | false): Upgrades {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    WebSocket: Untouched,
    handleProtocols: chooseProtocol,
  })
  return {
    answer: (request, socket, head, upgraded) => server.handleUpgrade(request, socket, head, () => upgraded()),
    close: () => server.close(),
  }
}
