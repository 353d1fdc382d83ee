import type { Source } from '@trunkline/sdk'
import { copyButton } from '../parts/copy.ts'
import { element } from '../parts/element.ts'
import type { Rows } from '../parts/keyed.ts'

/** What a row needs to know beside the source. */
export interface RowNeeds {
  isChosen(id: string): boolean
  link(source: Source): string
}

/** A source as one row, with the URL that its provider posts to. */
export function sourceRows({ isChosen, link }: RowNeeds): Rows<Source> {
  return {
    key: ({ id }) => id,
    shown: (each) => [each, isChosen(each.id), link(each)],
    make: (each) =>
      element(
        'li',
        { class: isChosen(each.id) ? 'row chosen' : 'row' },
        element(
          'div',
          { class: 'lines' },
          element(
            'div',
            { class: 'first' },
            element(
              'a',
              { class: 'row-link', href: link(each), ...(isChosen(each.id) ? { 'aria-current': 'true' } : {}) },
              each.name,
            ),
            element(
              'span',
              { class: each.status === 'enabled' ? 'status quiet-status' : 'status' },
              each.status === 'enabled' ? each.kind : `${each.kind}, ${each.status}`,
            ),
          ),
          element('div', { class: 'second one-line', title: each.url }, each.url),
        ),
        element('div', { class: 'side' }, copyButton(each.url, `the URL of ${each.name}`)),
      ),
  }
}
