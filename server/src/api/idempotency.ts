import { createHmac } from 'node:crypto'
import { z } from 'zod'
import type { DedupeKey, NewEvent } from '../events/event.ts'
import { dedupeKey } from '../inbound/dedupe.ts'
import type { Actor } from './operation.ts'

/** The header that makes the same call one effect, however often it is sent. */
export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, 'must be 1 to 255 visible ASCII characters')
    .optional()
    .meta({
      description:
        'A text of your own, such as a UUID, that is new with each new event. Sent again within 24 hours with the same key and body, nothing is done: the first answer comes again, with `Idempotent-Replayed: true`.',
    }),
})

/** What is the same for two events exactly when a caller said the same of both, to the letter. */
type Said = Pick<NewEvent, 'type' | 'subject' | 'customer' | 'orderKey' | 'data'>

/**
 * The key as it is kept: nobody else's, whatever others choose; with what tells whether another event under it is the same,
 * of which nobody can tell what was said. Null where none was sent.
 */
export function idempotencyKey(
  { credentialId }: Pick<Actor, 'credentialId'>,
  sent: string | undefined,
  { type, subject, customer, orderKey, data }: Said,
  dedupeSecret: Buffer,
): DedupeKey | null {
  if (sent === undefined) return null
  const said = createHmac('sha256', dedupeSecret).update(JSON.stringify([type, subject, customer, orderKey]))
  const fingerprint = said.update(data ?? '').digest('base64url')
  return { ...dedupeKey(dedupeSecret, 'published', `${credentialId}|${sent}`), fingerprint }
}
