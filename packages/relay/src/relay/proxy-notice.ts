// Notices a proxy that the operator has said nothing of: without that all its visitors count as one host.
import type { IncomingMessage } from 'node:http'

/** Looks at a request's head; the first that a proxy has passed on is told of, and no other. */
export function noticeProxy(warn: (sentence: string) => void): (request: Pick<IncomingMessage, 'headers'>) => void {
  let isTold = false
  return ({ headers }) => {
    const name = ['X-Forwarded-For', 'Forwarded'].find((one) => headers[one.toLowerCase()] !== undefined)
    if (isTold || name === undefined) return
    isTold = true
    warn(
      `a visitor comes with ${name}, which is not believed: if a proxy of yours stands before this relay, ` +
        `--trust-proxy tells its visitors apart; else somebody made it up`,
    )
  }
}
