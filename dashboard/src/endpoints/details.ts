import type { Endpoint } from '@trunkline/sdk'
import { actionButton } from '../parts/action.ts'
import { type Content, element } from '../parts/element.ts'
import { facts } from '../parts/facts.ts'
import { time } from '../parts/time.ts'
import { visible } from '../parts/visible.ts'
import { retryWords, wantedWords } from './words.ts'

/** What the buttons of an endpoint do; each throws with the reason when it is refused. */
export interface EndpointTurns {
  setStatus(status: Endpoint['status']): Promise<void>
  /** Looks whether its URL can be delivered to. */
  check(): Promise<void>
  /** Starts the job that sends again what has failed. */
  retryFailed(): Promise<void>
}

const marks: Readonly<Record<Endpoint['status'], string>> = { active: '✓', paused: '‖', disabled: '✕' }

const meanings: Readonly<Record<Endpoint['status'], string>> = {
  active: 'it is sent what it asks for.',
  paused: 'what comes for it waits until it is active again.',
  disabled: 'it is sent nothing.',
}

/** How an endpoint stands, and what can be done about it. */
export function endpointStanding({ status, statusReason }: Endpoint): HTMLElement {
  return element(
    'div',
    { class: `standing endpoint ${status}` },
    element('span', { class: 'mark', 'aria-hidden': 'true' }, marks[status]),
    element(
      'div',
      { class: 'verdict' },
      element('p', {}, element('strong', {}, status), ': ', meanings[status]),
      statusReason !== null && element('p', { class: 'failure' }, visible(statusReason)),
    ),
  )
}

/** The buttons that turn it. */
export function endpointButtons({ status, tls }: Endpoint, { setStatus, check, retryFailed }: EndpointTurns): Content {
  return [
    // One that wants a certificate of ours would be found failing: its key is not told to anybody, this page included.
    tls === null && actionButton({ label: 'Check', run: check }),
    status === 'active' && actionButton({ label: 'Pause', run: () => setStatus('paused') }),
    status !== 'active' && actionButton({ label: 'Make active', run: () => setStatus('active') }),
    status !== 'disabled' &&
      actionButton({ label: 'Disable', question: 'End what waits for it?', run: () => setStatus('disabled') }),
    status !== 'disabled' &&
      actionButton({
        label: 'Send all failed again',
        question: 'Send all of them again?',
        async run() {
          await retryFailed()
          return 'Started'
        },
      }),
  ]
}

/** Everything that was set for it. */
export function endpointFacts(endpoint: Endpoint): HTMLElement {
  const { customer, description, eventTypes, resourceTypes, retry, signatures, metadata } = endpoint
  const metadataText = JSON.stringify(metadata, null, 2)
  return facts([
    ['URL', element('span', { class: 'mono' }, endpoint.url)],
    ['Description', description === '' ? null : description],
    ['Customer', customer],
    ['Events', wantedWords(eventTypes)],
    ['Only about', resourceTypes?.join(', ')],
    ['Sent as', endpoint.payload === 'raw' ? 'the bytes as they came' : 'our envelope around the data'],
    ['Signed as', signatures.join(', ')],
    ['Tried again', retryWords(retry)],
    ['Given up after', `${endpoint.timeoutSeconds} s without an answer`],
    ['At once', `${endpoint.concurrency.toLocaleString('en')} at the most`],
    ['Kept beside it', metadataText === '{}' ? null : element('pre', { class: 'text' }, visible(metadataText))],
    ['Created', time(endpoint.createdAt)],
    ['Changed', time(endpoint.updatedAt)],
    ['Endpoint', element('span', { class: 'mono' }, endpoint.id)],
  ])
}
