/** What may stand inside an element. Text is put in as text: nothing that a sender wrote is ever read as HTML. */
export type Content = Node | string | null | undefined | false | readonly Content[]

export interface Attributes {
  [name: string]: string | boolean | undefined | ((event: Event) => void)
}

/** Makes an element. Functions are listeners, named after their event: `{ click: … }`; false and undefined are left out. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...content: readonly Content[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value)
    else if (value === true) made.setAttribute(name, '')
    else if (typeof value === 'string') made.setAttribute(name, value)
  }
  made.append(...nodes(content))
  return made
}

/** Puts content in the place of what an element holds. */
export function fill(parent: Element, ...content: readonly Content[]): void {
  parent.replaceChildren(...nodes(content))
}

/** The element that the page is known to have. */
export function known(id: string): HTMLElement {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page has no element "${id}"`)
  return found
}

function nodes(content: readonly Content[]): (Node | string)[] {
  return content.flatMap((each): (Node | string)[] => {
    if (each === null || each === undefined || each === false) return []
    return typeof each === 'string' || each instanceof Node ? [each] : nodes(each)
  })
}
