import type { Attempt, DeliveryWithAttempts, Endpoint } from '@trunkline/sdk'
import { type Content, element, fill } from '../parts/element.ts'
import { facts } from '../parts/facts.ts'
import { keyedList } from '../parts/keyed.ts'
import { time } from '../parts/time.ts'
import { visible } from '../parts/visible.ts'
import { outlook } from './outlook.ts'
import { canRetry, type Retry, retryButton } from './retry.ts'

/** Everything about one delivery: where it stands, and each attempt with its answer, the latest first. */
export function deliveryDetails(retry: Retry): {
  node: HTMLElement
  show(delivery: DeliveryWithAttempts, endpoint: Endpoint | undefined): void
} {
  const head = element('div')
  const none = element('p', { class: 'words' }, 'None has been made yet.')
  const attempts = element('ol', { class: 'attempts' })
  const update = keyedList<Attempt>(attempts, {
    key: ({ number }) => String(number),
    shown: (each) => each,
    make: attemptItem,
  })
  let shown = ''
  return {
    node: element('div', {}, head, element('h3', { class: 'sheet-title' }, 'Attempts'), none, attempts),
    show(delivery, endpoint) {
      const { history, ...rest } = delivery
      none.hidden = history.length > 0
      update(history.toReversed())
      const text = JSON.stringify([rest, endpoint])
      // Left alone while nothing changes: a refresh must not take the focus from the button, or a selection away.
      if (text !== shown) fill(head, standing(delivery, endpoint, retry), about(delivery, endpoint))
      shown = text
    },
  }
}

function standing(delivery: DeliveryWithAttempts, endpoint: Endpoint | undefined, retry: Retry): HTMLElement {
  const { mark, words, at } = outlook(delivery, endpoint?.status)
  return element(
    'div',
    { class: `standing ${delivery.status}` },
    element('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
    element('p', {}, element('strong', {}, delivery.status), ': ', words, at !== null && [' ', time(at, 'due')]),
    canRetry(delivery, endpoint) && retryButton(delivery, retry),
  )
}

const about = (delivery: DeliveryWithAttempts, endpoint: Endpoint | undefined): HTMLElement =>
  facts([
    ['Endpoint', endpoint?.url ?? delivery.endpointId],
    ['Delivery', delivery.id],
    ['Customer', delivery.customer],
    ['Created', time(delivery.createdAt)],
    ['Ended', delivery.endedAt === null ? null : time(delivery.endedAt)],
  ])

function attemptItem(attempt: Attempt): HTMLElement {
  const { number, status, startedAt, timing, explanation, advice, detail, cause } = attempt
  return element(
    'li',
    { class: cause === null ? 'attempt good' : 'attempt bad' },
    element(
      'div',
      { class: 'first' },
      element('strong', {}, `Attempt ${number}`),
      element('span', { class: 'answer' }, status === null ? 'no answer' : `answered ${status}`),
      element('span', { class: 'took' }, `${Math.round(timing.totalMs)} ms`),
      time(startedAt),
    ),
    explanation !== null && element('p', {}, explanation),
    // With an answer, the detail only says its status once more.
    detail !== null && status === null && element('p', { class: 'detail' }, detail),
    advice !== null && element('p', { class: 'detail' }, advice),
    steps(timing),
    answer(attempt),
  )
}

/** Where the time went, for attempts that got far enough to tell. */
function steps({ dnsMs, connectMs, tlsMs, firstByteMs }: Attempt['timing']): Content {
  const parts: [string, number | null][] = [
    ['look-up', dnsMs],
    ['connection', connectMs],
    ['TLS', tlsMs],
    ['first byte', firstByteMs],
  ]
  const known = parts.flatMap(([name, ms]) => (ms === null ? [] : [`${name} ${ms.toFixed(ms < 10 ? 1 : 0)} ms`]))
  return known.length > 0 && element('p', { class: 'detail' }, known.join(' · '))
}

function answer({ responseHeaders, responseBody, isTruncated, status }: Attempt): Content {
  if (status === null) return null
  const headers = visible(responseHeaders.map(([name, value]) => `${name}: ${value}`).join('\n'))
  const body = responseBody === '' ? 'The answer had no body.' : visible(responseBody)
  return element(
    'details',
    {},
    element('summary', {}, 'Answer'),
    headers !== '' && element('pre', { class: 'answer-text', tabindex: '0' }, headers),
    element('pre', { class: 'answer-text', tabindex: '0' }, isTruncated ? `${body}\n… the rest was not kept` : body),
  )
}
