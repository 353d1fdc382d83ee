import { type Content, element, fill } from './element.ts'

/** Says that something loads, and then shows in its place what has come, or why it has not. */
export function later(content: Promise<Content>): HTMLElement {
  const node = element('div', {}, element('p', { class: 'words' }, 'Loading…'))
  content.catch((error: Error) => element('p', { class: 'failure' }, error.message)).then((come) => fill(node, come))
  return node
}
