import type { ParkedEventWithEvent } from '@trunkline/sdk'
import { type Content, element } from '../parts/element.ts'
import { facts } from '../parts/facts.ts'
import { time } from '../parts/time.ts'
import { visible } from '../parts/visible.ts'
import { sentence } from '../parts/words.ts'
import { stateWords } from './words.ts'

/** Where a parked event stands, why, and what is known of it. */
export function parkedDetails(parked: ParkedEventWithEvent, eventLink: string): Content {
  const { id, eventId, follower, state, explanation, error, attempts, nextAttemptAt, waiting } = parked
  const { mark, words } = stateWords[state]
  return [
    element(
      'div',
      { class: `standing parked-event ${state}` },
      element('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
      element(
        'div',
        { class: 'verdict' },
        element(
          'p',
          {},
          element('strong', {}, state),
          parked.cause !== null && [' ', element('code', {}, parked.cause)],
        ),
        element('p', {}, words),
        explanation !== null && element('p', {}, sentence(explanation)),
      ),
    ),
    error !== null && element('pre', { class: 'text', tabindex: '0' }, visible(error)),
    facts([
      ['Event', element('a', { class: 'mono', href: eventLink }, eventId)],
      ['Follower', follower],
      ['Subject', parked.subject && visible(parked.subject)],
      ['Attempts', String(attempts)],
      ['Next attempt', nextAttemptAt && time(nextAttemptAt, 'due')],
      ['Waiting', waiting > 0 ? behind(waiting) : null],
      ['Gap', parked.afterGap === null ? null : 'An earlier event of its subject was left out before it.'],
      ['First failed', time(parked.createdAt)],
      ['Last change', time(parked.updatedAt)],
      ['Ended', parked.endedAt && time(parked.endedAt)],
      ['Id', element('span', { class: 'mono' }, id)],
    ]),
  ]
}

const behind = (count: number): string =>
  count === 1 ? 'One later event of its subject waits for it.' : `${count} later events of its subject wait for it.`
