import type { MadeEvent } from '@trunkline/sdk'
import { type Content, element } from '../parts/element.ts'
import type { Rows } from '../parts/keyed.ts'
import { visible } from '../parts/visible.ts'
import { breakable } from '../parts/words.ts'

/** An event that a request made, with where it went. `deliveries` is a list that is kept up to date beside it. */
export function madeEventRows(needs: {
  link(event: MadeEvent): string
  deliveries(event: MadeEvent): HTMLElement | undefined
}): Rows<MadeEvent> {
  return {
    key: ({ id }) => id,
    shown: (each) => each,
    make: (each) =>
      element(
        'li',
        { class: 'made' },
        element(
          'div',
          { class: 'row' },
          element(
            'div',
            { class: 'lines' },
            element(
              'div',
              { class: 'first' },
              element('a', { class: 'row-link', href: needs.link(each) }, breakable(visible(each.type))),
              element('span', { class: 'status' }, whereabouts(each)),
            ),
            each.subject !== null && element('div', { class: 'second one-line' }, visible(each.subject)),
          ),
        ),
        needs.deliveries(each),
      ),
  }
}

/** How many deliveries of an event stand where, in words. */
export function whereabouts({ isFannedOut, deliveries }: MadeEvent): string {
  const { success, pending, waiting, failed } = deliveries
  const parts: [number, string][] = [
    [success, 'delivered'],
    [pending, 'on the way'],
    [waiting, 'waiting'],
    [failed, 'failed'],
  ]
  const known = parts.flatMap(([count, word]) => (count > 0 ? [`${count} ${word}`] : []))
  if (known.length > 0) return known.join(', ')
  return isFannedOut ? 'no endpoint asked for it' : 'not handed on yet'
}

/** What is said where a request made no event of this workspace. */
export function noEvents({ verdict, eventCount }: { verdict: string; eventCount: number }): Content {
  if (eventCount > 0) return 'Its events are in other workspaces.'
  if (verdict === 'quarantined') return 'No event: what is refused makes none.'
  return verdict === 'duplicate' ? 'No event: what it tells had come before.' : 'No event was read out of it.'
}
