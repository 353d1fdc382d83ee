/** What a list shows of one item. */
export interface Rows<Item> {
  /** The same item has the same key, whatever has changed about it. */
  key(item: Item): string
  /** What the row is made of: as long as this is the same, the row is left alone. */
  shown(item: Item): unknown
  make(item: Item): HTMLElement
  /** Writes into a row that stays what has changed beside that: what changes so often that a new row would never stand still. */
  update?(item: Item, row: HTMLElement): void
}

const mostLit = 8

/**
 * Keeps the children of an element in step with a list. Rows that show the same stay the same elements, so that a
 * refresh neither moves the focus nor takes away a selection; a row that came later carries the class `arrived`, unless
 * many have come with it, or it `isAnother` list than before: a whole list that lights up says nothing.
 */
export function keyedList<Item>(
  parent: HTMLElement,
  rows: Rows<Item>,
): (items: readonly Item[], isAnother?: boolean) => void {
  let known = new Map<string, { row: HTMLElement; text: string }>()
  let isFirst = true
  let isWriting = false
  let waiting: { items: readonly Item[]; isAnother: boolean } | undefined
  return show

  function show(items: readonly Item[], isAnother = false): void {
    // Who hears that a row with the focus is taken away may ask for the list again before this one stands.
    if (isWriting) {
      waiting = { items, isAnother }
      return
    }
    isWriting = true
    try {
      write(items, isAnother)
    } finally {
      isWriting = false
    }
    const asked = waiting
    waiting = undefined
    if (asked) show(asked.items, asked.isAnother)
  }

  function write(items: readonly Item[], isAnother: boolean): void {
    const next: typeof known = new Map()
    const arrived: HTMLElement[] = []
    for (const item of items) {
      const key = rows.key(item)
      const text = JSON.stringify(rows.shown(item))
      const before = known.get(key)
      const entry = before?.text === text ? before : { row: remake(rows.make(item), before?.row), text }
      next.set(key, entry)
      rows.update?.(item, entry.row)
      if (!before) arrived.push(entry.row)
    }
    if (!isFirst && !isAnother && arrived.length <= mostLit) for (const row of arrived) row.classList.add('arrived')
    for (const [key, { row }] of known) if (next.get(key)?.row !== row) row.remove()
    let place = parent.firstElementChild
    for (const { row } of next.values()) {
      if (row === place) place = place.nextElementSibling
      else parent.insertBefore(row, place)
    }
    known = next
    isFirst = false
  }
}

/** A row that is made anew takes over the focus of the one before. */
function remake(row: HTMLElement, before: HTMLElement | undefined): HTMLElement {
  if (!before?.contains(document.activeElement)) return row
  before.replaceWith(row)
  row.querySelector<HTMLElement>('a, button')?.focus()
  return row
}
