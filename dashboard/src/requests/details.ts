import type { Request } from '@trunkline/sdk'
import { sizeOf } from '../parts/bytes.ts'
import { type Content, element } from '../parts/element.ts'
import { facts } from '../parts/facts.ts'
import { time } from '../parts/time.ts'
import { visible } from '../parts/visible.ts'
import { sentence } from '../parts/words.ts'
import { standingOf } from './words.ts'

/** Links to other places of the page. */
export interface DetailLinks {
  request(id: string): string
  /** All requests of a sender. */
  sender(address: string): string
}

/** How a request ended: the verdict, what it means and what to do next. */
export function requestStanding(request: Request): HTMLElement {
  const { verdict, cause, detail, explanation } = request
  const { standing, mark } = standingOf(request)
  return element(
    'div',
    { class: `standing request ${standing}` },
    element('span', { class: 'mark', 'aria-hidden': 'true' }, mark),
    element(
      'div',
      { class: 'verdict' },
      element('p', {}, element('strong', {}, verdict), cause !== null && [' ', element('code', {}, cause)]),
      element('p', {}, sentence(explanation.meaning)),
      detail !== null && element('p', { class: 'detail' }, visible(detail)),
      otherFindings(request),
      element('p', {}, element('strong', {}, 'Next: '), sentence(explanation.nextStep)),
    ),
  )
}

/** What else is wrong with it, beside what its record names. */
function otherFindings({ findings, detail }: Request): Content {
  return findings
    .filter((each) => each.detail !== detail)
    .map((each) => element('p', { class: 'detail' }, 'Also: ', visible(each.detail)))
}

/** What is odd about it. */
export function requestNotes({ notes }: Request): Content {
  if (notes.length === 0) return null
  return element(
    'ul',
    { class: 'notes' },
    notes.map(({ text }) => element('li', {}, visible(text))),
  )
}

/** What it was, who sent it, and whether it came again. */
export function requestFacts(request: Request, sourceName: string, links: DetailLinks): HTMLElement {
  const {
    id,
    receivedAt,
    method,
    url,
    senderAddress,
    contentType,
    bodyBytes,
    repeatOf,
    repeats,
    acceptedAt,
    erasedAt,
  } = request
  return facts([
    ['Source', visible(sourceName)],
    ['Received', [time(receivedAt), ` · ${new Date(receivedAt).toLocaleString()}`]],
    ['Accepted', acceptedAt && [time(acceptedAt), ', after it had been refused']],
    ['Removed', erasedAt && [time(erasedAt), ', by its age or on demand: what is empty here is gone']],
    ['Sender', element('a', { href: links.sender(senderAddress) }, senderAddress)],
    ['Address', element('span', { class: 'mono' }, visible(`${method} ${url}`))],
    [
      'Body',
      `${sizeOf(bodyBytes)}${contentType === null ? (erasedAt === null ? ', no content type' : '') : `, sent as ${visible(contentType)}`}`,
    ],
    ['Repeat of', repeatOf && element('a', { class: 'mono', href: links.request(repeatOf) }, repeatOf)],
    ['Came again', repeats && repeats.count > 0 ? again(repeats) : null],
    ['Request', element('span', { class: 'mono' }, id)],
  ])
}

function again({ count, lastAt, times }: NonNullable<Request['repeats']>): Content {
  const often = count === 1 ? 'once' : `${count} times`
  if (lastAt === null) return often
  if (times.length < 2) return [`${often}, `, time(lastAt)]
  const rest = times.slice(1).flatMap((each, i) => [i === 0 ? '' : ', ', time(each)])
  return [`${often}, the last `, time(lastAt), element('div', { class: 'words' }, 'before that ', rest)]
}

/** Names and values as they were sent. */
export function requestHeaders({ headers }: Request): Content {
  const text = headers.map(([name, value]) => `${name}: ${value}`).join('\n')
  return element(
    'details',
    { open: true },
    element('summary', {}, headers.length === 1 ? '1 header' : `${headers.length} headers`),
    text !== '' && element('pre', { class: 'answer-text', tabindex: '0' }, visible(text)),
  )
}
