import { element, fill } from './element.ts'

/** One choice of a filter: a link to the page as it is with it. */
export interface Choice {
  label: string
  href: string
  isCurrent: boolean
}

/** A row of links that narrow a list. */
export function filterLinks(label: string): { node: HTMLElement; show(choices: readonly Choice[]): void } {
  const node = element('nav', { class: 'filter', 'aria-label': label })
  let shown = ''
  return {
    node,
    show(choices) {
      const text = JSON.stringify(choices)
      if (text === shown) return
      shown = text
      const hadFocus = node.contains(document.activeElement)
      fill(
        node,
        choices.map(({ label, href, isCurrent }) =>
          element('a', { href, ...(isCurrent ? { 'aria-current': 'true' } : {}) }, label),
        ),
      )
      if (hadFocus) node.querySelector<HTMLElement>('[aria-current], a')?.focus()
    },
  }
}
