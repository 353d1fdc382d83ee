import type { RequestHead } from '@trunkline/sdk'
import { sizeOf } from '../parts/bytes.ts'
import { element } from '../parts/element.ts'
import type { Rows } from '../parts/keyed.ts'
import { time } from '../parts/time.ts'
import { visible } from '../parts/visible.ts'
import { causeInWords, standingOf } from './words.ts'

/** What a row needs to know beside the request. */
export interface RowNeeds {
  sourceName(id: string): string
  link(request: RequestHead): string
}

/** A request as one row: whose it is, whether it was taken and why not, what it was and what came of it. */
export function requestRows({ sourceName, link }: RowNeeds): Rows<RequestHead> {
  return {
    key: ({ id }) => id,
    shown: (each) => [each, sourceName(each.sourceId), link(each)],
    make(each) {
      const { standing, mark } = standingOf(each)
      return element(
        'li',
        { class: `row request ${standing}` },
        element('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
        element(
          'div',
          { class: 'lines' },
          element(
            'div',
            { class: 'first' },
            element('a', { class: 'row-link', href: link(each) }, visible(sourceName(each.sourceId))),
            element('span', { class: 'status' }, each.verdict),
            each.cause !== null && element('span', { class: 'why' }, causeInWords(each.cause)),
          ),
          element('div', { class: 'second one-line' }, about(each)),
        ),
        element(
          'div',
          { class: 'side' },
          time(each.receivedAt),
          // Of what was refused, no event goes without saying.
          each.verdict !== 'quarantined' && element('span', {}, eventsIn(each.eventCount)),
        ),
      )
    },
  }
}

function about({ method, url, contentType, bodyBytes, senderAddress }: RequestHead): string {
  const what = bodyBytes === 0 ? 'no body' : `${sizeOf(bodyBytes)}${contentType ? ` of ${contentType}` : ''}`
  return visible(`from ${senderAddress} · ${what} · ${method} ${url}`)
}

/** A number of events as it is said. */
export function eventsIn(count: number): string {
  if (count === 0) return 'no event'
  return count === 1 ? '1 event' : `${count} events`
}
