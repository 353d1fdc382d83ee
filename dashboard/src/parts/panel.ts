import { type Content, element, fill } from './element.ts'
import { keyedList, type Rows } from './keyed.ts'

/** A part of the page: a title, tools beside it, a list, and words for when there is nothing or it cannot be read. */
export interface Panel<Item> {
  node: HTMLElement
  list: HTMLElement
  /**
   * `empty` is said when there are no items, `below` when there are. What is narrowed in another way, as `of` says, is
   * another list: nothing in it has arrived.
   */
  show(items: readonly Item[], empty: HTMLElement, below: Content, of?: string): void
  fail(message: string): void
}

export function panel<Item>(
  name: string,
  title: string,
  rows: Rows<Item>,
  ...tools: readonly HTMLElement[]
): Panel<Item> {
  const list = element('ul', { class: 'rows', keydown: stepWithArrows })
  const words = element('div', { class: 'words', hidden: true })
  const node = element(
    'section',
    { class: `panel ${name}`, 'aria-labelledby': `${name}-title` },
    element('header', {}, element('h2', { id: `${name}-title` }, title), tools),
    list,
    words,
  )
  const update = keyedList(list, rows)
  let shownOf = ''
  const say = (content: Content) => {
    const next = element('div', {}, content)
    words.hidden = next.childNodes.length === 0
    // Left alone when it says the same, so that a text being selected stays selected.
    if (next.textContent !== words.textContent) fill(words, ...next.childNodes)
  }
  return {
    node,
    list,
    show(items, empty, below, of = '') {
      update(items, of !== shownOf)
      shownOf = of
      say(items.length === 0 ? empty : below)
    },
    fail: (message) => say(element('p', { class: 'failure' }, message)),
  }
}

/** The arrow keys go from row to row; Home and End to the first and the last. */
function stepWithArrows(event: Event): void {
  const { key, currentTarget, target } = event as KeyboardEvent
  const links = [...(currentTarget as HTMLElement).querySelectorAll<HTMLElement>('.row-link')]
  const here = links.findIndex((each) => each.closest('li')?.contains(target as Node))
  const next = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: links.length - 1 }[key]
  if (next === undefined || here < 0) return
  event.preventDefault()
  links[next]?.focus()
}
