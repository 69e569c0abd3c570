// Whether two byte pipes are the same one.
import type { Endpoint } from '../wire/address.ts'

/** Whether both are in the same place; nowhere is the same as nowhere. */
export function sameEndpoint(left: Endpoint | undefined, right: Endpoint | undefined): boolean {
  return (
    left?.scheme === right?.scheme &&
    left?.host === right?.host &&
    left?.port === right?.port &&
    left?.path === right?.path
  )
}
