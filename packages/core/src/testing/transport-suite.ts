// One acceptance suite for every transport, in any test runner or none, in Node or in a page.
import { byteCases } from './suite/byte-cases.ts'
import { dialCases } from './suite/dial-cases.ts'
import { endCases } from './suite/end-cases.ts'
import type { TransportCase } from './suite/env.ts'
import { pressureCases } from './suite/pressure-cases.ts'
import { refusalCases } from './suite/refusal-cases.ts'

export { type CaseServer, createCaseServer } from './suite/case-server.ts'
export type { TransportCase, TransportEnv } from './suite/env.ts'

/**
 * The promises of `Link` and `Transport`, as cases that reject with what was not kept. Give the handlers of
 * `createCaseServer` to a listener, its endpoint to the cases, and run them one after another:
 * `for (const { name, run } of transportCases()) it(name, () => run(env))`.
 */
export function transportCases(): readonly TransportCase[] {
  return [...byteCases, ...pressureCases, ...endCases, ...refusalCases, ...dialCases]
}
