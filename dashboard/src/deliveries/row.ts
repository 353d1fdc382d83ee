import type { Delivery, Endpoint } from '@trunkline/sdk'
import { nameOfEndpoint } from '../endpoints/words.ts'
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
  /** The event stands above the rows: they are named after where they go. */
  isBelowEvent?: boolean
}

/** A delivery as one row: where it stands, what and where to, and why or when next. */
export function deliveryRows({ endpoint, link, retry, isBelowEvent = false }: RowNeeds): Rows<Delivery> {
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
            element(
              'a',
              { class: 'row-link', href: link(each) },
              isBelowEvent ? nameOf(to, each) : breakable(each.eventType),
            ),
            element('span', { class: 'status' }, each.status),
          ),
          trouble(each, to),
          !(isBelowEvent && nameOf(to, each) === addressOf(to, each)) &&
            element(
              'div',
              { class: 'second one-line', title: to?.url ?? each.endpointId },
              `to ${addressOf(to, each)}`,
            ),
        ),
        element(
          'div',
          { class: 'side' },
          time(each.createdAt),
          each.status === 'failed' && canRetry(each, to) && retryButton(each, retry),
        ),
      )
    },
  }
}

const addressOf = (to: Endpoint | undefined, { endpointId }: Delivery): string => (to ? shortUrl(to.url) : endpointId)
const nameOf = (to: Endpoint | undefined, { endpointId }: Delivery): string => (to ? nameOfEndpoint(to) : endpointId)

/** What has gone wrong so far, and what happens next; of a delivery without trouble there is nothing to tell. */
function trouble(delivery: Delivery, to: Endpoint | undefined): Content {
  if (delivery.status === 'success' && delivery.attempts <= 1) return null
  const { words, at } = outlook(delivery, to?.status)
  return element('div', { class: 'second' }, words, at !== null && [' ', time(at, 'due')])
}
