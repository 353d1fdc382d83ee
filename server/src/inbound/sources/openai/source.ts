import { z } from 'zod'
import { standardSecretFault } from '../../signature/secret.ts'
import { standardId, standardWebhooks } from '../../signature/standard-webhooks.ts'
import { toleranceSeconds } from '../../signature/timestamp.ts'
import { dedupeKey, defineSource, eventType, ownText, ownValue, subjectOf } from '../../source.ts'
import { eventTypes } from './event-types.ts'

/**
 * OpenAI signs as Standard Webhooks say, and tells of a thing by its id alone.
 * https://developers.openai.com/api/docs/guides/webhooks
 */
export default defineSource({
  kind: 'openai',
  title: 'OpenAI',
  limits: { bodyBytes: 1024 * 1024 },
  config: z.strictObject({
    /** OpenAI's own package allows as much. */
    toleranceSeconds: toleranceSeconds.default(300),
  }),
  checkSecret: (secret) =>
    secret.startsWith('sk-')
      ? "sk- begins an API key; the signing secret of the webhook's endpoint begins with whsec_"
      : standardSecretFault(secret),
  verify: standardWebhooks,
  parse: ({ headers, body, json }) => {
    const { text, value } = json()
    return [
      {
        dedupeKey: dedupeKey(standardId(headers), body),
        type: eventType('openai', ownText(value, 'type')),
        subject: subjectOf(idIn(ownValue(value, 'data'))),
        data: text,
      },
    ]
  },
  eventTypes,
})

/** Calls have no `id`: https://developers.openai.com/api/reference/resources/webhooks */
function idIn(data: unknown): string | undefined {
  return ownText(data, 'id') ?? ownText(data, 'call_id') ?? ownText(data, 'session_id')
}
