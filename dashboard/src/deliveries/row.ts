import type { Delivery, Endpoint } from '@trunkline/sdk'
import { type Content, element } from '../parts/element.ts'
import type { Rows } from '../parts/keyed.ts'
import { time } from '../parts/time.ts'
import { breakable, shortUrl } from '../parts/words.ts'
import { outlook } from './outlook.ts'
import { canRetry, type Retry, retryButton } from './retry.ts'

/** What a row needs to know beside the delivery. */
export interface RowNeeds {
  endpoint(id: string): Endpoint | undefined
  link(delivery: Delivery): string
  retry: Retry
}

/** A delivery as one row: where it stands, what and where to, and why or when next. */
export function deliveryRows({ endpoint, link, retry }: RowNeeds): Rows<Delivery> {
  return {
    key: ({ id }) => id,
    shown: (each) => [each, endpoint(each.endpointId)?.url, endpoint(each.endpointId)?.status, link(each)],
    make(each) {
      const to = endpoint(each.endpointId)
      return element(
        'li',
        { class: `row delivery ${each.status}` },
        element('span', { class: 'mark', 'aria-hidden': 'true' }, outlook(each, to?.status).mark),
        element(
          'div',
          { class: 'lines' },
          element(
            'div',
            { class: 'first' },
            element('a', { class: 'row-link', href: link(each) }, breakable(each.eventType)),
            element('span', { class: 'status' }, each.status),
          ),
          trouble(each, to),
          element(
            'div',
            { class: 'second one-line', title: to?.url ?? each.endpointId },
            `to ${to ? shortUrl(to.url) : each.endpointId}`,
          ),
        ),
        element(
          'div',
          { class: 'side' },
          time(each.createdAt),
          each.status === 'failed' && canRetry(to) && retryButton(each, retry),
        ),
      )
    },
  }
}

/** What has gone wrong so far, and what happens next; of a delivery without trouble there is nothing to tell. */
function trouble(delivery: Delivery, to: Endpoint | undefined): Content {
  if (delivery.status === 'success' && delivery.attempts <= 1) return null
  const { words, at } = outlook(delivery, to?.status)
  return element('div', { class: 'second' }, words, at !== null && [' ', time(at, 'due')])
}
