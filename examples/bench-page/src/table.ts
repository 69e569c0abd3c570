// The table of figures: one row a measure, one cell a provider of cryptography.
import type { Measure } from './measures.ts'
import type { ProviderName } from './providers.ts'

export type CellState = 'waiting' | 'busy' | 'done' | 'failed'

export interface FigureTable {
  show(measure: Measure, provider: ProviderName, state: CellState, text: string): void
}

/** Fills `body` with a row for each measure, whose cells wait. */
export function createTable(
  body: HTMLElement,
  measures: readonly Measure[],
  providers: readonly ProviderName[],
): FigureTable {
  const cells = new Map<string, HTMLTableCellElement>()
  body.replaceChildren(
    ...measures.map((measure) => {
      const title = document.createElement('th')
      title.scope = 'row'
      title.textContent = measure.title
      const unit = document.createElement('td')
      unit.textContent = measure.unit
      const row = document.createElement('tr')
      const figures = providers.map((provider) => {
        const cell = document.createElement('td')
        cell.className = 'number'
        cell.dataset['state'] = 'waiting'
        cell.textContent = '–'
        cells.set(`${measure.id} ${provider}`, cell)
        return cell
      })
      row.append(title, ...figures, unit)
      return row
    }),
  )
  return {
    show: (measure, provider, state, text) => {
      const cell = cells.get(`${measure.id} ${provider}`)!
      cell.dataset['state'] = state
      cell.textContent = text
    },
  }
}

/** As few digits as tell figures apart. */
export function formatFigure(value: number): string {
  const digits = value >= 100 ? 0 : 1
  return new Intl.NumberFormat('en', { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value)
}
