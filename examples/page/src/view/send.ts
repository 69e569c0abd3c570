// The form that signs a transaction in this tab and sends it to the peers.
import type { Eth, Transaction } from '@peerwire/eth'
import { type SendForm, signForm } from '../signing.ts'
import { hexOf } from '../words.ts'
import { byId, setText } from './dom.ts'

export function showSend(chain: Eth, sent: (transaction: Transaction) => void): void {
  const form = byId<HTMLFormElement>('send-form')
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    const result = byId('send-result')
    try {
      const { network } = chain
      const peers = chain.inspect().peers.length
      if (!network || peers === 0) throw new TypeError('no peer of an Ethereum network is connected')
      const transaction = chain.broadcastTransaction(signForm(readForm(form), network.chainId))
      sent(transaction)
      setText(result, `Sent ${hexOf(transaction.hash)} to ${peers === 1 ? 'one peer' : `${peers} peers`}.`)
    } catch (error) {
      setText(result, `Not sent: ${error instanceof Error ? error.message : String(error)}.`)
    }
  })
}

function readForm(form: HTMLFormElement): SendForm {
  const fields = Array.from(form.querySelectorAll('input'), ({ name, value }) => [name, value] as const)
  return Object.fromEntries(fields) as SendForm
}
