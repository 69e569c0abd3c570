// Every bound of discv4, with its unit and its reason.

/** Bytes of a packet; larger ones would be cut on the way (the protocol's own bound). */
export const MAX_PACKET_BYTES = 1280
/** Neighbours in one packet, so that it stays below that with IPv6 addresses. */
export const MAX_NEIGHBORS = 12
/** Nodes of a bucket, of an answer and of a lookup: Kademlia's k. */
export const BUCKET_SIZE = 16
/** Buckets; of ids nearer than a 2^-16th of the space there are never enough to fill another. */
export const BUCKETS = 17
/** Nodes that wait in each bucket for a place in it. */
export const MAX_REPLACEMENTS = 10
/** Nodes of one network prefix in a bucket, and in the whole table: what one party holds must not matter. */
export const MAX_PER_PREFIX_IN_BUCKET = 2
export const MAX_PER_PREFIX = 10
/** Questions of one lookup at once: Kademlia's alpha. */
export const ALPHA = 3

/** Nodes that one walk asks: a network of a million takes about 40, and made-up nearer ones must not hold it. */
export const MAX_ASKED = 128

/** Milliseconds that a packet is good for; the other end's clock may be some seconds off. */
export const EXPIRATION_MS = 20_000
/** An expiration further away than this is nobody's clock being off: it would let a packet be sent again for ever. */
export const FARTHEST_EXPIRATION_MS = 86_400_000
/** Milliseconds in which an answer has to come, as in go-ethereum. */
export const REPLY_MS = 500
/** Milliseconds for the other end to prove our endpoint after it has answered our ping. */
export const PROOF_WAIT_MS = 500
/** How long an endpoint proof holds, in milliseconds. */
export const PROOF_MS = 86_400_000
/** Endpoint proofs kept, about 200 bytes each; past it the oldest are forgotten and have to be made again. */
export const MAX_PROOFS = 10_000
/** Questions without an answer at once; past it new ones fail at once. */
export const MAX_PENDING = 1_000
/** Times that a question is asked before a node counts as silent: packets get lost. */
export const ATTEMPTS = 2
/** Questions without an answer in a row, after which a node leaves a bucket that is not almost empty. */
export const MAX_FAILURES = 5
/** UDP ports up to this are services of others, not nodes. */
export const LOWEST_PORT = 1025

/** Packets a second, and at once, from one network prefix whose signature is looked at. */
export const PACKETS_PER_SECOND = 50
export const PACKET_BURST = 200
/** The same over all addresses of whom nothing is expected: a signature costs up to 2 ms. */
export const STRANGE_PACKETS_PER_SECOND = 500
export const STRANGE_PACKET_BURST = 1_000
/** Addresses whose rate is remembered; past it the oldest are forgotten. */
export const MAX_RATES = 10_000

/** Milliseconds between two liveness checks, on average. */
export const CHECK_MS = 3_000
/** The same while there are nodes that others told of and that never answered: they may all be inventions. */
export const STRANGER_CHECK_MS = 500
/** A node that was heard within this needs no check, in milliseconds. */
export const FRESH_MS = 30_000
/** Milliseconds between two refreshes, at most; half of it at least. */
export const REFRESH_MS = 1_800_000
/** Milliseconds until a table with fewer nodes than a walk gives is filled again; doubled up to the longest. */
export const SPARSE_REFRESH_MS = 5_000
export const SPARSE_REFRESH_MAX_MS = 60_000
/** Random lookups of a refresh, besides the one for ourselves. */
export const RANDOM_LOOKUPS = 3
/** Milliseconds between the beginnings of two random lookups that somebody asks for. */
export const LOOKUP_INTERVAL_MS = 1_000
/** The same when nobody answers; doubled up to this. */
export const LOOKUP_INTERVAL_MAX_MS = 30_000
/** Questions without any answer in a row, after which the clock or the firewall is to blame. */
export const SILENCE_WARNING = 32
/** Milliseconds between two such warnings. */
export const WARNING_MS = 600_000

/** Nodes kept in the storage, about 300 bytes each. */
export const MAX_STORED_NODES = 1_000
/** Milliseconds after which a stored node that was not heard is forgotten. */
export const STORED_MS = 432_000_000
/** Stored nodes that a refresh asks. */
export const SEEDS = 30
