import type { Job } from '@trunkline/sdk'
import { element } from '../parts/element.ts'
import type { Rows } from '../parts/keyed.ts'
import { time } from '../parts/time.ts'
import { visible } from '../parts/visible.ts'
import { type Progress, progress } from './progress.ts'
import { type Turn, turnButtons } from './turns.ts'
import { marks, spaced } from './words.ts'

/** A job as one row, with how far it has come and the buttons that turn it. */
export function jobRows(needs: { link(job: Job): string; turn: Turn }): Rows<Job> {
  const shown = new WeakMap<HTMLElement, Progress>()
  return {
    key: ({ id }) => id,
    // What moves is written into the row as it stands: its buttons must keep the focus.
    shown: (each) => [each.id, each.kind, each.status, each.error, needs.link(each)],
    make(each) {
      const bar = progress(each.kind)
      const row = element(
        'li',
        { class: `row job ${each.status}` },
        element('span', { class: 'mark', 'aria-hidden': 'true' }, marks[each.status]),
        element(
          'div',
          { class: 'lines' },
          element(
            'div',
            { class: 'first' },
            element('a', { class: 'row-link', href: needs.link(each) }, spaced(each.kind)),
            element('span', { class: 'status' }, each.status),
          ),
          bar.node,
          each.error !== null && element('div', { class: 'second failure' }, visible(each.error)),
        ),
        element('div', { class: 'side' }, time(each.createdAt), turnButtons(each, needs.turn)),
      )
      shown.set(row, bar)
      return row
    },
    update: (each, row) => shown.get(row)?.show(each),
  }
}
