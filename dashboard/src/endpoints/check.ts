import type { EndpointCheck } from '@trunkline/sdk'
import { element } from '../parts/element.ts'
import { time, took } from '../parts/time.ts'
import { visible } from '../parts/visible.ts'

const meanings: Readonly<Record<EndpointCheck['verdict'], string>> = {
  ok: 'it answers',
  warning: 'it answers',
  failed: 'it cannot be delivered to',
  refused: 'this server may not call it',
}

const stepNames: Readonly<Record<EndpointCheck['steps'][number]['step'], string>> = {
  url: 'URL',
  dns: 'look-up',
  address: 'address',
  connect: 'connection',
  tls: 'TLS',
  answer: 'answer',
}

/** What a look at an endpoint's URL has found: whether it can be delivered to, and what to do where it cannot. */
export function checkResult({ verdict, checkedAt, status, steps, certificate, warnings }: EndpointCheck): HTMLElement {
  const failed = steps.find((step) => step.status === 'failed')
  return element(
    'div',
    { class: failed ? 'attempt bad' : 'attempt good', role: 'status' },
    element(
      'div',
      { class: 'first' },
      element('strong', {}, 'Check'),
      element(
        'span',
        { class: 'answer' },
        status === null ? meanings[verdict] : `${meanings[verdict]}: ${status} to HEAD`,
      ),
      time(checkedAt),
    ),
    failed?.explanation != null && element('p', {}, failed.explanation),
    failed?.detail != null && element('p', { class: 'detail' }, visible(failed.detail)),
    failed?.advice != null && element('p', { class: 'detail' }, failed.advice),
    warnings.map(({ message }) => element('p', { class: 'failure' }, visible(message))),
    element('p', { class: 'detail' }, wayWords(steps)),
    certificate !== null &&
      element(
        'p',
        { class: 'detail' },
        `Certificate of ${visible(certificate.subject)}, ${daysWords(certificate.daysLeft)}`,
      ),
  )
}

/** How long each part of the way took, up to the one that failed: `look-up 3 ms · connection failed`. */
export function wayWords(way: EndpointCheck['steps']): string {
  const words = way.flatMap(({ step, status, ms }) => {
    if (status === 'failed') return [`${stepNames[step]} failed`]
    return status === 'ok' && ms !== null ? [`${stepNames[step]} ${took(ms)}`] : []
  })
  return words.join(' · ')
}

/** How long a certificate has to live, in words; negative days are past its end. */
export function daysWords(daysLeft: number): string {
  if (daysLeft < 0) return 'expired'
  return daysLeft === 1 ? '1 day left' : `${daysLeft} days left`
}
