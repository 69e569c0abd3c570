// What a node that dials by itself needs, as one file to load.
export { groupOf } from '../addresses/groups.ts'
export { isPublicEndpoint } from '../addresses/public-endpoint.ts'
export { createDialer } from '../dialing/dialer.ts'
export { dialPolicy } from '../dialing/policy.ts'
