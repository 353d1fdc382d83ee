import type { Endpoint } from '@trunkline/sdk'
import { element } from '../parts/element.ts'
import type { Rows } from '../parts/keyed.ts'
import { breakable, shortUrl } from '../parts/words.ts'

/** What a row needs to know beside the endpoint. */
export interface RowNeeds {
  isChosen(id: string): boolean
  link(endpoint: Endpoint): string
}

/** An endpoint as one row: where it is, what it wants, and whether it gets it. */
export function endpointRows({ isChosen, link }: RowNeeds): Rows<Endpoint> {
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
              each.description === '' ? breakable(shortUrl(each.url)) : each.description,
            ),
            element('span', { class: `status ${each.status}` }, each.status),
          ),
          each.description !== '' && element('div', { class: 'second one-line', title: each.url }, each.url),
          element('div', { class: 'second' }, wanted(each.eventTypes)),
          each.statusReason !== null && element('div', { class: 'second' }, each.statusReason),
        ),
      ),
  }
}

const wanted = (types: readonly string[]): string => (types.includes('**') ? 'every event' : types.join(', '))
