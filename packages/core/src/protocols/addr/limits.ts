// The bounds of addr/1, with their units and reasons. Bitcoin Core's, where nothing else is said.

/** Most entries of a message; a sender of more is ended. */
export const MAX_ENTRIES = 1000
/** Most entries that a message may have whose entries are passed on: more are an answer, not news. */
export const MAX_RELAYED_ENTRIES = 10
/** Seconds since an entry was online within which it is news. */
export const FRESH_SECONDS = 600
/** Peers to which an entry is passed on: two, so that news reaches everybody, one for what we can't reach ourselves. */
export const RELAY_PEERS = 2
export const RELAY_PEERS_UNREACHABLE = 1
/** Seconds for which an entry goes to the same peers: repeating it doesn't spread it. */
export const SAME_PEERS_SECONDS = 86_400
/** Mean milliseconds that news waits, by Poisson's law: who told us can't be read from when we tell. */
export const MEAN_RELAY_MS = 30_000
/** Mean milliseconds between two announcements of our own address to a peer. */
export const MEAN_OWN_MS = 86_400_000
/** Milliseconds between the first of our own addresses and the next: a new peer has one token, and the next by then. */
export const OWN_APART_MS = 10_000
/** Entries that wait for one peer; then they replace each other by chance. */
export const MAX_QUEUED = 1000
/** Entries per peer of which we remember that it knows them. */
export const MAX_KNOWN = 5000
/** Entries that a peer may have us process: per second, at first, saved up at most, and for our own asking. */
export const TOKENS_PER_SECOND = 0.1
export const FIRST_TOKENS = 1
export const MAX_TOKENS = 1000
export const ASKED_TOKENS = 1000
/** Milliseconds for which everybody of a network gets the same answer: least, and what chance adds. */
export const ANSWER_MS = 75_600_000
export const ANSWER_MORE_MS = 21_600_000
/**
 * Entries from which on an answer is kept so long: in a small network it would keep newcomers out, and with fewer a
 * hundred askings of a day tell no more than one full answer.
 */
export const KEPT_ANSWER_ENTRIES = 10
/** Claims of one peer that dials have disproved before it gives way to another, if none was right. */
export const MANY_WRONG = 4
/** Most bytes of the network's name. */
export const MAX_NETWORK_BYTES = 32
/** Most bytes of a message: 1,000 entries of the longest form that is not refused, with room for later fields. */
export const MAX_MESSAGE_BYTES = 1_048_576
/** Most RLP items of a message: 1,000 entries of 7 fields, with room for as many later ones. */
export const MAX_ITEMS = 16_384
