import { createHash, createHmac } from 'node:crypto'
import { kapsoBodies } from './kapso-bodies.ts'
import { jsonSamples, type Sender } from './sender.ts'

/**
 * Kapso signs the body alone; the event's name, the version and the delivery's id stand in headers that no signature covers.
 * https://docs.kapso.ai/docs/platform/webhooks/security
 */
export const kapso: Sender = {
  kind: 'kapso',
  title: 'Kapso',
  ...jsonSamples('Kapso', kapsoBodies()),
  sign: ({ body, secret, id, event = 'message.text' }) => ({
    'content-type': 'application/json',
    'x-webhook-signature': createHmac('sha256', secret).update(body).digest('hex'),
    ...headersOf(event, body, id),
  }),
}

function headersOf(event: string, body: Uint8Array, id: string): Record<string, string> {
  if (event.startsWith('meta.')) return { 'x-idempotency-key': createHash('sha256').update(body).digest('hex') }
  return {
    'x-webhook-event': nameOf(event),
    'x-webhook-payload-version': event.startsWith('v1.') ? 'v1' : 'v2',
    'x-idempotency-key': id,
    ...(event === 'batch' && { 'x-webhook-batch': 'true', 'x-batch-size': '2' }),
  }
}

/** Kapso's own name of the event that a sample shows. */
function nameOf(event: string): string {
  const [group, ...rest] = event.replace(/^v1\./, '').split('.')
  if (group === 'batch' || group === 'message') return 'whatsapp.message.received'
  if (group === 'status') return `whatsapp.message.${rest.join('.')}`
  return group === 'workflow' || group === 'project' ? event : `whatsapp.${[group, ...rest].join('.')}`
}
