import type { Endpoint } from '@trunkline/sdk'
import { element } from '../parts/element.ts'
import type { Rows } from '../parts/keyed.ts'
import { breakable, shortUrl } from '../parts/words.ts'
import { nameOfEndpoint, wantedWords } from './words.ts'

/** What a row needs to know beside the endpoint. */
export interface RowNeeds {
  isChosen(id: string): boolean
  /** Narrows the deliveries to it, or lets it go. */
  link(endpoint: Endpoint): string
  /** Shows it in full. */
  details(endpoint: Endpoint): string
}

/** An endpoint as one row: where it is, what it wants, and whether it gets it. */
export function endpointRows({ isChosen, link, details }: RowNeeds): Rows<Endpoint> {
  return {
    key: ({ id }) => id,
    shown: (each) => [each, isChosen(each.id), link(each), details(each)],
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
              breakable(nameOfEndpoint(each)),
            ),
            element('span', { class: `status ${each.status}` }, each.status),
          ),
          nameOfEndpoint(each) !== shortUrl(each.url) &&
            element('div', { class: 'second one-line', title: each.url }, each.url),
          element('div', { class: 'second' }, wantedWords(each.eventTypes)),
          each.statusReason !== null && element('div', { class: 'second' }, each.statusReason),
        ),
        element(
          'div',
          { class: 'side' },
          element('a', { href: details(each), 'aria-label': `Details of ${nameOfEndpoint(each)}` }, 'Details'),
        ),
      ),
  }
}
