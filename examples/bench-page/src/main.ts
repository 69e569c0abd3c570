// The page: measures one figure after the other, shows each as it comes, and lets a program ask for single ones.
import { type Extent, type Figure, type Measure, MEASURES } from './measures.ts'
import { PROVIDER_NAMES, type ProviderName, PROVIDERS } from './providers.ts'
import { createTable, formatFigure } from './table.ts'

declare global {
  interface Window {
    /** For programs that drive the page: one figure, measured now. */
    measure: (id: string, provider: ProviderName, address: string, extent: Extent) => Promise<Figure>
    readonly measureIds: readonly { readonly id: string; readonly title: string; readonly unit: string }[]
  }
}

const stateLine = elementOf('#state', HTMLElement)
const form = elementOf('#start', HTMLFormElement)
const button = elementOf('#start button', HTMLButtonElement)
const input = elementOf('#start input', HTMLInputElement)
const table = createTable(elementOf('#figures tbody', HTMLElement), MEASURES, PROVIDER_NAMES)

window.measure = async (id, provider, address, extent) => {
  const measure = MEASURES.find((one) => one.id === id)
  if (!measure) throw new TypeError(`no such measure: ${id}`)
  return await show(measure, provider, address, extent)
}
Object.assign(window, { measureIds: MEASURES.map(({ id, title, unit }) => ({ id, title, unit })) })

elementOf('#machine', HTMLElement).textContent = navigator.userAgent
// `#ADDRESS` measures everything at once, `#short:ADDRESS` little of it; without either the page waits.
const [, short, address = ''] = /^#(short:)?(.*)$/.exec(location.hash) ?? []
input.value = address
form.addEventListener('submit', (event) => {
  event.preventDefault()
  void measureAll(input.value.trim(), 'full')
})
if (address) void measureAll(address, short ? 'short' : 'full')
else setState('idle', 'Start the listener, and give its address.')

async function measureAll(where: string, extent: Extent): Promise<void> {
  button.disabled = true
  let done = 0
  let failed = 0
  for (const measure of MEASURES) {
    for (const provider of PROVIDER_NAMES) {
      setState('busy', `Measuring ${++done} of ${MEASURES.length * PROVIDER_NAMES.length}: ${measure.title} …`)
      // oxlint-disable-next-line no-await-in-loop
      await show(measure, provider, where, extent).catch((error: unknown) => {
        failed++
        console.warn(measure.id, provider, error)
      })
    }
  }
  button.disabled = false
  if (failed > 0) setState('failed', `${failed} of ${done} figures could not be measured; the console says why.`)
  else setState('done', 'Measured. Figures of one run can be compared with each other.')
}

async function show(measure: Measure, provider: ProviderName, where: string, extent: Extent): Promise<Figure> {
  table.show(measure, provider, 'busy', '…')
  try {
    const figure = await measure.run({ address: where, crypto: await PROVIDERS[provider]() }, extent)
    table.show(measure, provider, 'done', formatFigure(figure.value))
    return figure
  } catch (error) {
    table.show(measure, provider, 'failed', 'failed')
    throw error
  }
}

function setState(state: string, text: string): void {
  stateLine.dataset['state'] = state
  stateLine.textContent = text
}

function elementOf<E extends HTMLElement>(selector: string, kind: abstract new () => E): E {
  const found = document.querySelector(selector)
  if (!(found instanceof kind)) throw new TypeError(`the page has no ${selector}`)
  return found
}
