// The few DOM helpers of the page. Text becomes text nodes, never markup: most of it was written by strangers.

/** An element of the page by its id. */
export function byId<E extends HTMLElement = HTMLElement>(id: string): E {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no element #${id}`)
  return found as E
}

/** The body of a table by the table's id. */
export function bodyOf(tableId: string): HTMLTableSectionElement {
  return byId<HTMLTableElement>(tableId).tBodies[0]!
}

export interface CellOptions {
  readonly className?: string
  /** Shown whole when pointed at. */
  readonly title?: string
}

/** One cell; a stranger's text keeps its writing direction to itself. */
export function cell(content: string | Node, { className, title }: CellOptions = {}): HTMLTableCellElement {
  const made = document.createElement('td')
  if (className !== undefined) made.className = className
  if (title !== undefined) made.title = title
  if (typeof content === 'string') {
    const text = document.createElement('bdi')
    text.textContent = content
    made.append(text)
  } else made.append(content)
  return made
}

export function row(...cells: readonly HTMLTableCellElement[]): HTMLTableRowElement {
  const made = document.createElement('tr')
  made.append(...cells)
  return made
}

/** Puts a text in place, only when it differs: a status line that is set again may be read out again. */
export function setText(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text
}

/** Shows a text, or hides the element where there is none. */
export function setNotice(element: HTMLElement, text: string | undefined): void {
  element.hidden = text === undefined
  setText(element, text ?? '')
}
