import type { Delivery, Endpoint } from '@trunkline/sdk'
import { element } from '../parts/element.ts'
import type { Rows } from '../parts/keyed.ts'
import { time } from '../parts/time.ts'
import { outlook } from './outlook.ts'

/** What a row needs to know beside the delivery. */
export interface RowNeeds {
  endpoint(id: string): Endpoint | undefined
  link(delivery: Delivery): string
  retry(delivery: Delivery): Promise<void>
}

/** A delivery as one row: where it stands, what and where to, and why or when next. */
export function deliveryRows({ endpoint, link, retry }: RowNeeds): Rows<Delivery> {
  return {
    key: ({ id }) => id,
    shown: (each) => [each, endpoint(each.endpointId)?.url, endpoint(each.endpointId)?.status, link(each)],
    make(each) {
      const to = endpoint(each.endpointId)
      const { mark, words, at } = outlook(each, to?.status)
      return element(
        'li',
        { class: `row delivery ${each.status}` },
        element('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
        element(
          'div',
          { class: 'lines' },
          element(
            'div',
            { class: 'first' },
            element('a', { class: 'row-link', href: link(each) }, each.eventType),
            element('span', { class: 'status' }, each.status),
          ),
          element('div', { class: 'second' }, words, at !== null && ' ', at !== null && time(at)),
          element('div', { class: 'second to', title: to?.url ?? each.endpointId }, `to ${shortUrl(to?.url) ?? each.endpointId}`),
        ),
        element(
          'div',
          { class: 'side' },
          time(each.createdAt),
          each.status === 'failed' && retryButton(each, retry),
        ),
      )
    },
  }
}

/** Asks for another attempt; while the question is under way it cannot be asked twice. */
export function retryButton(delivery: Delivery, retry: RowNeeds['retry']): HTMLButtonElement {
  const isRepeat = delivery.status === 'success'
  const button = element('button', { type: 'button' }, isRepeat ? 'Send again' : 'Retry')
  button.setAttribute('aria-label', `${button.textContent} ${delivery.eventType}`)
  button.addEventListener('click', async () => {
    button.disabled = true
    await retry(delivery)
    button.disabled = false
  })
  return button
}

/** A URL without what goes without saying. */
function shortUrl(url: string | undefined): string | undefined {
  return url?.replace(/^https:\/\//, '').replace(/\/$/, '')
}
