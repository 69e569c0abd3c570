// How the tab stands with its relay, as a sentence.
import { DiscReason, discReasonText, type PeerError } from '@peerwire/core'

export type RelayState =
  | { readonly kind: 'asking' }
  /** The relay's address is not known, because nobody answers. */
  | { readonly kind: 'unknown'; readonly why: string; readonly retryAtMs: number }
  | { readonly kind: 'dialing' }
  | { readonly kind: 'connected'; readonly name: string }
  | {
      readonly kind: 'lost'
      readonly error: PeerError
      /** Whether it was connected, as against never having answered the dial. */
      readonly wasConnected: boolean
      /** Why it doesn't answer over HTTP either; absent when it does. */
      readonly silent: string | undefined
      readonly retryAtMs: number | undefined
      readonly isDialing: boolean
    }
  | { readonly kind: 'left' }

export type Mood = 'good' | 'busy' | 'bad'

export function moodOf({ kind }: RelayState): Mood {
  if (kind === 'connected') return 'good'
  return kind === 'unknown' || kind === 'lost' || kind === 'left' ? 'bad' : 'busy'
}

/** How it stands. */
export function stateSentence(state: RelayState): string {
  switch (state.kind) {
    case 'asking':
      return 'Asking the relay for its address …'
    case 'unknown':
      return state.why
    case 'dialing':
      return 'Connecting to the relay …'
    case 'connected':
      return `Connected to the relay ${state.name}, encrypted from end to end.`
    case 'lost':
      return lostSentence(state)
    case 'left':
      return 'Not connected to the relay: you disconnected from it.'
  }
}

/** How it goes on, where that is a matter of time. */
export function waitSentence(state: RelayState, nowMs: number): string {
  if (state.kind !== 'unknown' && state.kind !== 'lost') return ''
  if (state.kind === 'lost' && state.isDialing) return 'Trying again …'
  if (state.retryAtMs === undefined) return ''
  const seconds = Math.max(1, Math.ceil((state.retryAtMs - nowMs) / 1000))
  return `Next try in ${seconds} s.`
}

type Lost = Extract<RelayState, { kind: 'lost' }>

function lostSentence({ error, wasConnected, silent }: Lost): string {
  if (error.code === 'remote disconnect reason') return toldSentence(error)
  if (error.code === 'relay refused') return `The relay doesn't take this tab now: ${error.message}.`
  if (silent !== undefined) return wasConnected ? `The connection to the relay broke off. ${silent}` : silent
  const what = wasConnected ? 'The connection to the relay broke off' : 'The relay could not be dialed'
  return `${what} (${error.code}: ${error.message}).`
}

// What the relay itself said when it ended the connection.
function toldSentence({ reason }: PeerError): string {
  switch (reason) {
    case DiscReason.quitting:
      return 'The relay was shut down.'
    case DiscReason.tooManyPeers:
      return 'The relay is full.'
    case DiscReason.uselessPeer:
      return 'The relay has no use for this tab yet: it knows no Ethereum network, because no node is connected to it.'
    default:
      return `The relay ended the connection: ${discReasonText(reason)}.`
  }
}
