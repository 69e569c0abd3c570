// Events of the dialer in short, for tests of its pure step: whoever has one connection needs no number for it.
import type { PeerError } from '../src/errors/peer-error.ts'
import { step } from '../src/dialing/step.ts'
import type { DialEvent, DialState, DialTask, Target } from '../src/dialing/state.ts'

/** Stands for the dial of the node that runs when the event comes. */
const RUNNING = -1

/** No node has another key: tests tell them by their ids. */
export const KEY: Uint8Array = new Uint8Array(64)

export function targetOf(id: string, more: Partial<Target> = {}): Target {
  return { id, publicKey: KEY, endpoint: { scheme: 'tcp', host: id, port: 30_303 }, group: `group of ${id}`, ...more }
}

/** The number of the one connection that a node has in a test. */
export function numberOf(id: string): number {
  let number = 0
  for (let i = 0; i < id.length; i++) number = number * 131 + id.charCodeAt(i)
  return number
}

export function added(id: string, direction: 'inbound' | 'outbound' = 'outbound'): DialEvent {
  return { type: 'peer added', number: numberOf(id), id, direction, group: `group of ${id}` }
}

export function removed(id: string, error?: PeerError): DialEvent {
  return { type: 'peer removed', number: numberOf(id), id, error }
}

export function pending(id: string, number: number = numberOf(id)): DialEvent {
  return { type: 'inbound pending', number, id }
}

export function settled(id: string, number: number = numberOf(id)): DialEvent {
  return { type: 'inbound settled', number, id }
}

/** The end of the dial that runs. */
export function done(id: string, error?: PeerError): DialEvent {
  return { type: 'dial done', dial: RUNNING, id, error }
}

export function dialed(id: string): DialEvent[] {
  return [added(id), done(id)]
}

/** Takes events one after another; gives the tasks of all. */
export function take(
  state: DialState,
  events: readonly DialEvent[],
  nowMs: number,
): { state: DialState; tasks: DialTask[] } {
  const tasks: DialTask[] = []
  let after = state
  for (const event of events) {
    const next = step(after, named(after, event), nowMs)
    after = next.state
    tasks.push(...next.tasks)
  }
  return { state: after, tasks }
}

function named({ dialing }: DialState, event: DialEvent): DialEvent {
  if (event.type !== 'dial done' || event.dial !== RUNNING) return event
  return { ...event, dial: dialing.get(event.id)?.dial ?? 0 }
}
