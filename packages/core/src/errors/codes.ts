// The codes of a PeerError: where a failure began. Meanings and advice lie in `code-notes.ts`, which no page loads.

/** Where a failure began. The values are the texts that logs show. */
export type PeerErrorCode =
  // before a peer exists
  | 'dial failed'
  | 'dial cancelled'
  | 'link refused'
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
