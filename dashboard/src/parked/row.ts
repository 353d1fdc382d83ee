import type { ParkedEvent } from '@trunkline/sdk'
import { element } from '../parts/element.ts'
import type { Rows } from '../parts/keyed.ts'
import { time } from '../parts/time.ts'
import { visible } from '../parts/visible.ts'
import { breakable } from '../parts/words.ts'
import { causeInWords, stateWords } from './words.ts'

/** A parked event as one row: what it is, who failed at it, and why. */
export function parkedRows(link: (parked: ParkedEvent) => string): Rows<ParkedEvent> {
  return {
    key: ({ id }) => id,
    shown: (each) => [each, link(each)],
    make: (each) =>
      element(
        'li',
        { class: `row parked-event ${each.state}` },
        element('span', { class: 'mark', 'aria-hidden': 'true' }, stateWords[each.state].mark),
        element(
          'div',
          { class: 'lines' },
          element(
            'div',
            { class: 'first' },
            element('a', { class: 'row-link', href: link(each) }, breakable(visible(each.eventType ?? each.eventId))),
            element('span', { class: 'status' }, each.state),
            each.cause !== null &&
              each.state !== 'handled' &&
              element('span', { class: 'why' }, causeInWords(each.cause)),
          ),
          element('div', { class: 'second one-line' }, about(each)),
          each.error !== null &&
            each.state !== 'handled' &&
            element('div', { class: 'second one-line' }, visible(each.error)),
        ),
        element(
          'div',
          { class: 'side' },
          time(each.updatedAt),
          each.nextAttemptAt !== null && element('span', {}, 'next ', time(each.nextAttemptAt, 'due')),
        ),
      ),
  }
}

function about({ follower, subject, attempts }: ParkedEvent): string {
  const tries = attempts === 0 ? 'not tried' : attempts === 1 ? '1 attempt' : `${attempts} attempts`
  return [`by ${follower}`, tries, subject === null ? null : `about ${visible(subject)}`]
    .filter((part) => part !== null)
    .join(' · ')
}
