import type { EventHead, Request } from '@trunkline/sdk'
import { type Content, element } from '../parts/element.ts'
import { facts } from '../parts/facts.ts'
import { time } from '../parts/time.ts'
import { visible } from '../parts/visible.ts'

/** Everything about one event but its body: what it is, and how its sender proved itself. */
export function eventDetails(
  event: EventHead,
  request: Request | undefined,
  { sourceName, requestLink }: { sourceName: string | null; requestLink: string | null },
): Content {
  return [
    facts([
      ['Event', event.id],
      ['Subject', event.subject && visible(event.subject)],
      ['Source', sourceName],
      ['Customer', event.customer && visible(event.customer)],
      ['Order key', event.orderKey && visible(event.orderKey)],
      ['Received', time(event.receivedAt)],
      ['Signature', request && verdictOf(request)],
      ['Sender', request?.senderAddress],
      [
        'Request',
        requestLink && [
          element('a', { class: 'mono', href: requestLink }, event.requestId),
          request && element('div', { class: 'mono' }, visible(`${request.method} ${request.url}`)),
        ],
      ],
    ]),
    request &&
      element(
        'details',
        {},
        element('summary', {}, 'Request headers'),
        element(
          'pre',
          { class: 'answer-text', tabindex: '0' },
          visible(request.headers.map(([name, value]) => `${name}: ${value}`).join('\n')),
        ),
      ),
  ]
}

function verdictOf({ verdict, verifyMs, cause, detail }: Request): string {
  const why = [cause?.toLowerCase().replaceAll('_', ' '), detail].filter((part) => part).join(': ')
  return visible(`${verdict} in ${verifyMs.toFixed(1)} ms${why === '' ? '' : ` (${why})`}`)
}
