import { type Content, element, fill } from './element.ts'
import { keyedList, type Rows } from './keyed.ts'

/** A part of the page: a title, tools beside it, a list, and words for when there is nothing or it cannot be read. */
export interface Panel<Item> {
  node: HTMLElement
  show(items: readonly Item[], empty: Content): void
  fail(message: string): void
}

export function panel<Item>(name: string, title: string, rows: Rows<Item>, tools?: HTMLElement): Panel<Item> {
  const list = element('ul', { class: 'rows', keydown: stepWithArrows })
  const words = element('div', { class: 'words', hidden: true })
  const heading = element('h2', { id: `${name}-title` }, title)
  const node = element(
    'section',
    { class: `panel ${name}`, 'aria-labelledby': `${name}-title` },
    element('header', {}, heading, tools),
    words,
    list,
  )
  const update = keyedList(list, rows)
  let said = ''
  // Written anew only when it says something else, so that a text being selected stays selected.
  const say = (key: string, ...content: Content[]) => {
    words.hidden = content.length === 0
    if (said !== key) fill(words, ...content)
    said = key
  }
  return {
    node,
    show(items, empty) {
      update(items)
      if (items.length > 0) say('')
      else say(`empty ${textOf(empty)}`, empty)
    },
    fail(message) {
      say(`failed ${message}`, element('p', { class: 'failure' }, message))
    },
  }
}

function textOf(content: Content): string {
  const holder = element('div', {}, content)
  return holder.textContent ?? ''
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
