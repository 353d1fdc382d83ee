import { type Content, element, fill } from './element.ts'

/** A part of something shown that is made anew only when what it is made of changes. */
export interface Kept {
  node: HTMLElement
  /** Left alone while `of` is the same: a refresh must not take the focus, a selection, or a button that asks back. */
  show(of: unknown, make: () => Content): void
}

/** Makes such a part. When a button that had the focus is replaced, the one in its place takes the focus over. */
export function kept(name = ''): Kept {
  const node = element('div', { class: name })
  let shown: string | undefined
  const buttons = () => [...node.querySelectorAll('button')]
  return {
    node,
    show(of, make) {
      const text = JSON.stringify(of)
      if (text === shown) return
      shown = text
      const place = buttons().findIndex((each) => each.contains(document.activeElement))
      fill(node, make())
      if (place < 0) return
      const made = buttons()
      made[Math.min(place, made.length - 1)]?.focus()
    },
  }
}
