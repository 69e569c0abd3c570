// What a node that listens needs, as one file to load.
export { Gate } from './gate.ts'
export { createHandshakeTools } from './handshake-tools.ts'
export { makeRoom } from './make-room.ts'
