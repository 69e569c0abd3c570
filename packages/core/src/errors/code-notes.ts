// What each code of a PeerError means and what to do about it; `docs/errors.md` is made from this. No page loads it.
import type { PeerErrorCode } from './codes.ts'

export interface CodeNote {
  readonly meaning: string
  readonly whatToDo: string
}

/** One row a code; a missing one fails to compile. What begins with `For protocols` is made by theirs alone. */
export const CODE_NOTES: Readonly<Record<PeerErrorCode, CodeNote>> = {
  'dial failed': {
    meaning: 'No link could be opened, or the address can not be dialed from here.',
    whatToDo:
      'Read the message: it names the transport and what the platform told. A browser is told nothing; look at the address, the certificate and the network.',
  },
  'dial cancelled': {
    meaning: 'Whoever asked for the dial no longer waits, or the node is closing.',
    whatToDo: 'Nothing.',
  },
  'link refused': {
    meaning: 'An inbound link was turned away before its handshake; the message says by which bound or rule.',
    whatToDo:
      'Look for a flood, or raise the limit: `maxPeers`, which `limits.pendingInbound` follows, or `limits.visitsPerSecond`.',
  },
  'relay refused': {
    meaning:
      'A listener, relay or not, said why it does not take this link; `cause` is `{ name, retryAfterMs }` (docs/protocols/close-codes.md).',
    whatToDo: 'Read the message. The dialer keeps to the time; `Infinity` means never, unless you ask for it.',
  },
  'encryption handshake failed': {
    meaning: 'The remote does not hold the key that was dialed, does not speak RLPx, or sent something forged.',
    whatToDo: 'Compare the key in the address with the one the remote prints.',
  },
  'protocol handshake failed': {
    meaning: 'The link is encrypted, but Hello was wrong: another key, no key, or another message in its place.',
    whatToDo: 'Ask whoever runs the remote; its software breaks the protocol.',
  },
  'setup timeout': {
    meaning: 'The link was open, but the handshakes were not done in time.',
    whatToDo: 'Look at the network and at how busy the remote is.',
  },
  'link lost': {
    meaning: 'The bytes ended without a Disconnect: the network broke, the program died, or the remote throttles.',
    whatToDo:
      'Persistent peers are dialed again by themselves. go-ethereum accepts one connection per address every 30 s and closes others like this.',
  },
  'read timeout': {
    meaning: 'Nothing came for the read limit, not even an answer to a ping.',
    whatToDo: 'Nothing; a dead link is found out this way.',
  },
  'write timeout': {
    meaning: 'The remote took no byte for the write limit while some were waiting.',
    whatToDo: 'The remote is stuck or its network is.',
  },
  'bad frame': {
    meaning: 'A frame header can not be right.',
    whatToDo: 'The remote breaks RLPx, or bytes were altered on the way.',
  },
  'bad mac': {
    meaning: 'A frame was altered on the way, or sealed with other keys.',
    whatToDo: 'Look at what carries the bytes.',
  },
  'too big message': {
    meaning: 'A message is past the limit of its protocol.',
    whatToDo: 'Raise `maxBytes` of the message if it is yours.',
  },
  'invalid message': {
    meaning: 'The content can not be decoded as its protocol says.',
    whatToDo: 'Compare the versions of the protocol at both ends.',
  },
  'invalid message code': {
    meaning: 'No shared protocol has a message with this code.',
    whatToDo: 'Compare the lengths of the protocols at both ends.',
  },
  'obsolete message': {
    meaning: 'For protocols: the message belongs to an older version.',
    whatToDo: 'Update the remote.',
  },
  'failed to receive a message': {
    meaning: 'What was asked for could not be had, such as an answer of DNS; the cause tells.',
    whatToDo: 'Read the cause.',
  },
  'failed to send a message': {
    meaning: 'A message past 1 MiB could not be sealed, or a protocol failed to write one; the cause tells.',
    whatToDo: 'Read the cause.',
  },
  'send queue full': {
    meaning: 'The remote reads slower than we send, past the bound of the queue.',
    whatToDo: 'Wait for `send` before sending more.',
  },
  'receive queue full': {
    meaning: 'More arrived than could be read, where the platform can not hold back the remote.',
    whatToDo: 'Make handlers faster, or ask for less at once.',
  },
  'ping failure': {
    meaning: 'For protocols: a ping of theirs could not be sent. That of the base protocol ends as `write timeout`.',
    whatToDo: 'Read the cause.',
  },
  'pong failure': {
    meaning: 'For protocols: an answer to a ping of theirs could not be sent. No peer ends for the pings it sends.',
    whatToDo: 'Read the cause.',
  },
  'disconnect reason': {
    meaning: 'This node decided to end or refuse the peer; the reason says why.',
    whatToDo: 'Read the reason.',
  },
  'remote disconnect reason': {
    meaning: 'The remote ended or refused the connection and told this reason.',
    whatToDo: 'Read the reason: `too many peers` passes, `useless peer` does not.',
  },
  'request timeout': { meaning: 'No answer came in time; the peer lives on.', whatToDo: 'Ask another peer.' },
  'not served': {
    meaning: 'The remote shares the protocol but has no handler for this request; the peer lives on.',
    whatToDo: 'Ask another peer.',
  },
  'unexpected answer': {
    meaning: 'An answer that nobody asked for, or that can not belong to its question.',
    whatToDo: 'Nothing; the remote breaks the protocol.',
  },
  'handler failed': {
    meaning: 'A handler of this program threw; its error is the cause.',
    whatToDo: 'Mend the handler.',
  },
  'need a local status message': {
    meaning: 'The protocol can not greet yet: this node knows no network.',
    whatToDo: 'Give a network, or connect to a first peer.',
  },
  'failed to send the local status': {
    meaning: 'For protocols: the greeting could not be sent.',
    whatToDo: 'Read the cause.',
  },
  'failed to receive the remote status': {
    meaning: 'Another message came where the greeting belongs.',
    whatToDo: 'The remote breaks the protocol.',
  },
  'failed to decode the remote status': {
    meaning: 'The greeting can not be read.',
    whatToDo: 'Compare the versions of the protocol.',
  },
  'incompatible remote status': {
    meaning: 'The remote is on another network, chain or fork; the message names both.',
    whatToDo: 'Connect to a node of your network.',
  },
  'handshake timeout': { meaning: 'The greeting of a protocol did not come in time.', whatToDo: 'Nothing.' },
  'unexpected remote status': { meaning: 'A second greeting.', whatToDo: 'The remote breaks the protocol.' },
  'invalid item': {
    meaning: 'The remote sent an item (a transaction, a block) that fails its checks.',
    whatToDo: 'Nothing; the sender was ended.',
  },
  'test error': { meaning: 'Made by a test.', whatToDo: 'Nothing.' },
}
