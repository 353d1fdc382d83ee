import { createHmac } from 'node:crypto'
import type { Post } from './post.ts'
import { settings } from './settings.ts'
import type { Store, Work } from './store.ts'

/** One attempt: signs (Standard Webhooks), posts and records. Throws when it is to be tried again. */
export async function deliver(
  { deliveryId, eventId, type, receivedAt, body }: Work,
  number: number,
  { post, store }: { post: Post; store: Store },
): Promise<void> {
  const startedAt = Date.now()
  const timestamp = Math.floor(startedAt / 1000).toString()
  const payload = `{"type":"${type}","timestamp":"${new Date(receivedAt).toISOString()}","data":${body}}`
  const signature = createHmac('sha256', settings.signingKey)
    .update(`${eventId}.${timestamp}.${payload}`)
    .digest('base64')
  const answer = await post(settings.endpointUrl, payload, {
    'content-type': 'application/json',
    'webhook-id': eventId,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  })
  const durationMs = Date.now() - startedAt
  await store.record({ deliveryId, number, startedAt, durationMs, status: answer.status, responseBody: answer.text })
  if (answer.status < 200 || answer.status >= 300) throw new Error(`the endpoint answered ${answer.status}`)
}
