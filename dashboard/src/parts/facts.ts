import { type Content, element } from './element.ts'

/** Names and values, one under the other; what has no value is left out. */
export function facts(list: readonly (readonly [name: string, value: Content])[]): HTMLElement {
  return element(
    'dl',
    { class: 'facts' },
    list.flatMap(([name, value]) =>
      value === null || value === undefined ? [] : [element('dt', {}, name), element('dd', {}, value)],
    ),
  )
}
