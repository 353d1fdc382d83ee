import { type Content, element } from '../parts/element.ts'
import { visible } from '../parts/visible.ts'
import { sentence } from '../parts/words.ts'
import type { Change, Rerun, Reruns } from './parked-event.ts'

export interface OutcomeNeeds {
  endpointName(id: string): string
}

/** What a run came to, or a dry run would. */
export function outcomeOf(outcome: Rerun, isDry: boolean, needs: OutcomeNeeds): Content {
  const { mark, words } = wordsOf(outcome.outcome, isDry)
  return [
    element(
      'p',
      {},
      element('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
      ' ',
      element('strong', {}, words),
    ),
    outcome.outcome === 'handled' && changesOf(outcome.changes, isDry, needs),
    outcome.explanation !== null && element('p', {}, sentence(outcome.explanation)),
    outcome.error !== null && element('pre', { class: 'text', tabindex: '0' }, visible(outcome.error)),
  ]
}

function wordsOf(outcome: Rerun['outcome'], isDry: boolean): { mark: string; words: string } {
  switch (outcome) {
    case 'handled':
      return { mark: '✓', words: isDry ? 'It would be handled now.' : 'It has been handled.' }
    case 'failed':
      return { mark: '✕', words: isDry ? 'It would fail again.' : 'It has failed again.' }
    case 'already':
      return { mark: '✓', words: 'It has been handled before.' }
    case 'waiting':
      return { mark: '…', words: 'Its turn has not come: it waits behind an earlier event of its subject.' }
    case 'dismissed':
      return { mark: '–', words: 'It was dismissed.' }
    case 'missing':
      return { mark: '✕', words: 'It is not there any more.' }
  }
}

function changesOf(changes: readonly Change[], isDry: boolean, needs: OutcomeNeeds): Content {
  if (changes.length === 0) return element('p', {}, isDry ? 'Nothing would change.' : 'Nothing has changed by it.')
  return [
    element('p', {}, isDry ? 'What would change:' : 'What has changed:'),
    element(
      'ul',
      { class: 'changes' },
      changes.map((change) => element('li', {}, changeOf(change, needs))),
    ),
  ]
}

function changeOf(change: Change, { endpointName }: OutcomeNeeds): Content {
  switch (change.kind) {
    case 'delivery':
      return ['a delivery to ', element('b', {}, visible(endpointName(change.endpointId)))]
    case 'event':
      return [
        'an event ',
        element('code', {}, visible(change.type)),
        change.subject !== null && ` about ${visible(change.subject)}`,
      ]
    default:
      return [`${change.kind} `, element('code', {}, visible(change.id)), fields(change.before, change.after)]
  }
}

/** The fields of a row that are not what they were. */
function fields(before: object | null, after: object | null): Content {
  const was = new Map(Object.entries(before ?? {}))
  const is = new Map(Object.entries(after ?? {}))
  const names = [...new Set([...was.keys(), ...is.keys()])]
  const differing = names.filter((name) => text(was.get(name)) !== text(is.get(name)))
  if (differing.length === 0) return null
  return element(
    'ul',
    { class: 'fields' },
    differing.map((name) => {
      const now = element('span', {}, text(is.get(name)))
      const then = was.has(name) && [element('del', {}, text(was.get(name))), ' → ']
      return element('li', {}, element('code', {}, name), ' ', then, now)
    }),
  )
}

function text(value: unknown): string {
  if (value === undefined || value === null) return '–'
  return visible(typeof value === 'string' ? value : JSON.stringify(value))
}

/** What a run of many came to, or a dry run would: the numbers, and the first that fail. */
export function outcomesOf({ data, handled, failed, hasMore }: Reruns, isDry: boolean): Content {
  const would = isDry ? 'would be' : 'have been'
  const changes = data.reduce((sum, each) => sum + each.changes.length, 0)
  const failing = data.filter(({ outcome }) => outcome === 'failed').slice(0, 5)
  return [
    element(
      'p',
      {},
      element('strong', {}, `${handled} of ${data.length}${hasMore ? ', the oldest,' : ''} ${would} handled`),
      ` with ${changes === 1 ? '1 change' : `${changes} changes`}; ${failed} ${isDry ? 'would fail' : 'failed'} again.`,
    ),
    failing.length > 0 &&
      element(
        'ul',
        { class: 'changes' },
        failing.map(({ eventId, error }) =>
          element('li', {}, element('code', {}, eventId), ' ', visible((error ?? '').slice(0, 200))),
        ),
      ),
  ]
}
