import type { EventHead, Request } from '@trunkline/sdk'
import { type Content, element } from '../parts/element.ts'
import { facts } from '../parts/facts.ts'
import { time } from '../parts/time.ts'

/** Everything about one event but its body: what it is, and how its sender proved itself. */
export function eventDetails(event: EventHead, request: Request | undefined, sourceName: string | null): Content {
  return [
    facts([
      ['Event', event.id],
      ['Subject', event.subject],
      ['Source', sourceName],
      ['Customer', event.customer],
      ['Order key', event.orderKey],
      ['Received', time(event.receivedAt)],
      ['Signature', request && verdictOf(request)],
      ['Sender', request?.senderAddress],
      ['Request', request?.id],
    ]),
    request &&
      element(
        'details',
        {},
        element('summary', {}, 'Request headers'),
        element(
          'pre',
          { class: 'answer-text', tabindex: '0' },
          request.headers.map(([name, value]) => `${name}: ${value}`).join('\n'),
        ),
      ),
  ]
}

function verdictOf({ verdict, verifyMs, cause, detail }: Request): string {
  const why = [cause?.toLowerCase().replaceAll('_', ' '), detail].filter((part) => part).join(': ')
  return `${verdict} in ${verifyMs.toFixed(1)} ms${why === '' ? '' : ` (${why})`}`
}
