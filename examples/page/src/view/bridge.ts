// Dials straight to a node: through the relay's bridge, or any address that is typed in.
import type { Node } from '@peerwire/core'
import type { BridgeTarget, RelayInfo } from '../relay-info.ts'
import { byId, setText } from './dom.ts'

export interface BridgeView {
  /** What the relay offers now. */
  informed(info: RelayInfo): void
}

export function showBridge(node: Node): BridgeView {
  const select = byId<HTMLSelectElement>('bridge-alias')
  const typed = byId<HTMLInputElement>('dial-address')
  onSubmit('bridge', () => dialAndTell(node, select.value))
  onSubmit('dial', () => dialAndTell(node, typed.value.trim()))
  let shown = ''
  return {
    informed: ({ bridge }) => {
      // Asked again and again: a choice that is open stays as it is.
      const key = JSON.stringify(bridge)
      if (key === shown) return
      shown = key
      offer(select, bridge)
    },
  }
}

function offer(select: HTMLSelectElement, bridge: readonly BridgeTarget[]): void {
  const known = bridge.filter(({ address }) => address !== undefined)
  const keyless = bridge.filter(({ address }) => address === undefined).map(({ alias }) => alias)
  select.replaceChildren(...known.map(({ alias, address }) => new Option(alias, address)))
  byId('bridge-choice').hidden = known.length === 0
  byId('bridge-go').hidden = known.length === 0
  byId('bridge-closed').hidden = known.length > 0
  setText(
    byId('bridge-closed'),
    keyless.length > 0
      ? `The bridge leads to ${keyless.join(', ')}, but the relay does not know the keys there: type the whole address.`
      : 'The relay’s bridge is closed. Its operator opens it with --bridge ALIAS=enode://KEY@host:port.',
  )
}

function onSubmit(formId: string, action: () => Promise<void>): void {
  byId<HTMLFormElement>(formId).addEventListener('submit', (event) => {
    event.preventDefault()
    void action()
  })
}

async function dialAndTell(node: Node, address: string): Promise<void> {
  const result = byId('dial-result')
  setText(result, 'Dialing …')
  try {
    const peer = await node.dial(address)
    const name = peer.name === '' ? 'a node without a name' : peer.name
    const connected = `Connected to ${name}.`
    setText(result, connected)
    // It may be refused a moment later, when it says which network it is on.
    peer.signal.addEventListener('abort', () => {
      if (result.textContent === connected) setText(result, `No connection to ${name} any more: ${peer.error?.message}`)
    })
  } catch (error) {
    setText(result, `No connection: ${error instanceof Error ? error.message : String(error)}`)
  }
}
