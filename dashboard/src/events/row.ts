import type { EventHead } from '@trunkline/sdk'
import { element } from '../parts/element.ts'
import type { Rows } from '../parts/keyed.ts'
import { time } from '../parts/time.ts'
import { visible } from '../parts/visible.ts'
import { breakable } from '../parts/words.ts'

/** What a row needs to know beside the event. */
export interface RowNeeds {
  sourceName(id: string): string
  link(event: EventHead): string
}

/** An event as one row: what happened, what it is about and where it came from. */
export function eventRows({ sourceName, link }: RowNeeds): Rows<EventHead> {
  const origin = ({ sourceId, type }: EventHead): string => {
    if (sourceId !== null) return `from ${sourceName(sourceId)}`
    return isOwn({ type }) ? 'from this server' : 'from the API'
  }
  return {
    key: ({ id }) => id,
    shown: (each) => [each.id, origin(each), link(each)],
    make: (each) =>
      element(
        'li',
        { class: isOwn(each) ? 'row own' : 'row' },
        element(
          'div',
          { class: 'lines' },
          element(
            'div',
            { class: 'first' },
            element('a', { class: 'row-link', href: link(each) }, breakable(each.type)),
          ),
          element(
            'div',
            { class: 'second one-line' },
            [origin(each), isOwn(each) || each.subject === null ? null : visible(each.subject)]
              .filter((part) => part !== null)
              .join(' · '),
          ),
        ),
        element('div', { class: 'side' }, time(each.receivedAt)),
      ),
  }
}

/** News of the server itself, which stands back behind what comes from outside. */
const isOwn = ({ type }: Pick<EventHead, 'type'>): boolean => type.startsWith('trunkline.')
