// The codes of a PeerError, and what each of them means for policy: the one table. Texts for people are in
// `code-notes.ts`, which no page loads.

/**
 * Where a failure began: `remote` did it or decided it; `link`: the way there broke or was silent, and nobody can tell
 * whose doing that was; `local`: this node decided it, or a limit of its own did; `program`: what the user wrote threw.
 */
export type ErrorOrigin = 'remote' | 'link' | 'local' | 'program'

/**
 * How long a node stays away after a failure: `usual`: as the history and the failures in a row say; `quarrel`: it
 * lives but did not get along with us, and may restart or be upgraded; `useless`: it speaks nothing that we speak;
 * `hopeless`: the key that we want is not there, which doesn't mend itself.
 */
export type WaitClass = 'usual' | 'quarrel' | 'useless' | 'hopeless'

/** What a code means. What is absent is the usual. */
export interface CodeRow {
  readonly origin: ErrorOrigin
  /**
   * One misdeed of a peer whose key was proven: nobody on the way could have caused it, and no honest program does it.
   * `bad frame` and `bad mac` are none: whoever carries the bytes can cause them.
   */
  readonly misdeed?: true
  /** Nothing is told: there is nobody to tell, or no way, or it came from there. Else a Disconnect is tried. */
  readonly untold?: true
  /** Before what the reason says. */
  readonly wait?: WaitClass
}

/** Where a failure began. The values are the texts that logs show. */
export type PeerErrorCode =
  // before a peer exists
  | 'dial failed'
  | 'dial cancelled'
  | 'link refused'
  | 'relay refused'
  | 'encryption handshake failed'
  | 'protocol handshake failed'
  | 'setup timeout'
  // a connected peer: its bytes
  | 'link lost'
  | 'read timeout'
  | 'write timeout'
  | 'bad frame'
  | 'bad mac'
  | 'too big message'
  | 'invalid message'
  | 'invalid message code'
  | 'obsolete message'
  | 'failed to receive a message'
  | 'failed to send a message'
  | 'send queue full'
  | 'receive queue full'
  | 'ping failure'
  | 'pong failure'
  // a decision
  | 'disconnect reason'
  | 'remote disconnect reason'
  // a protocol
  | 'request timeout'
  | 'not served'
  | 'unexpected answer'
  | 'handler failed'
  | 'need a local status message'
  | 'failed to send the local status'
  | 'failed to receive the remote status'
  | 'failed to decode the remote status'
  | 'incompatible remote status'
  | 'handshake timeout'
  | 'unexpected remote status'
  | 'invalid item'
  | 'test error'

/** One row a code; a missing one fails to compile. */
export const CODES: Readonly<Record<PeerErrorCode, CodeRow>> = {
  'dial failed': { origin: 'link', untold: true },
  'dial cancelled': { origin: 'local' },
  'link refused': { origin: 'local', untold: true },
  'relay refused': { origin: 'remote', untold: true },
  'encryption handshake failed': { origin: 'remote', untold: true, wait: 'quarrel' },
  'protocol handshake failed': { origin: 'remote' },
  'setup timeout': { origin: 'link' },
  'link lost': { origin: 'link', untold: true },
  'read timeout': { origin: 'link' },
  'write timeout': { origin: 'link', untold: true },
  'bad frame': { origin: 'link' },
  'bad mac': { origin: 'link' },
  'too big message': { origin: 'remote', misdeed: true },
  'invalid message': { origin: 'remote', misdeed: true },
  'invalid message code': { origin: 'remote', misdeed: true },
  'obsolete message': { origin: 'remote' },
  'failed to receive a message': { origin: 'link' },
  'failed to send a message': { origin: 'local' },
  'send queue full': { origin: 'link' },
  'receive queue full': { origin: 'local' },
  'ping failure': { origin: 'link' },
  'pong failure': { origin: 'link' },
  'disconnect reason': { origin: 'local' },
  'remote disconnect reason': { origin: 'remote', untold: true },
  'request timeout': { origin: 'link' },
  'not served': { origin: 'remote' },
  'unexpected answer': { origin: 'remote', misdeed: true },
  'handler failed': { origin: 'program' },
  'need a local status message': { origin: 'local' },
  'failed to send the local status': { origin: 'link' },
  'failed to receive the remote status': { origin: 'remote' },
  'failed to decode the remote status': { origin: 'remote' },
  'incompatible remote status': { origin: 'remote' },
  'handshake timeout': { origin: 'link' },
  'unexpected remote status': { origin: 'remote', misdeed: true },
  'invalid item': { origin: 'remote', misdeed: true },
  'test error': { origin: 'program' },
}
