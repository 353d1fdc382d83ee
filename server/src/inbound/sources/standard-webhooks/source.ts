import { z } from 'zod'
import { makeStandardSecret, standardKeyFault } from '../../signature/secret.ts'
import { standardId, standardWebhooks } from '../../signature/standard-webhooks.ts'
import { toleranceSeconds } from '../../signature/timestamp.ts'
import { dedupeKey, defineSource, eventType, ownText, ownValue, subjectOf } from '../../source.ts'

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export default defineSource({
  kind: 'standard-webhooks',
  title: 'Standard Webhooks',
  limits: { bodyBytes: 1024 * 1024 },
  config: z.strictObject({
    toleranceSeconds: toleranceSeconds.default(300),
    /** What the types of its events begin with, such as `clerk`. */
    eventPrefix: z
      .string()
      .max(64)
      .regex(
        /^[a-z0-9][a-z0-9_-]*(\.[a-z0-9_-]+)*$/,
        'lower-case letters, digits, "-" and "_", in parts joined by dots',
      )
      .default('standard-webhooks'),
  }),
  checkSecret: standardKeyFault,
  makeSecret: makeStandardSecret,
  verify: standardWebhooks,
  parse: ({ headers, body, json }, { eventPrefix }) => {
    const { text, value } = json()
    return [
      {
        dedupeKey: dedupeKey(standardId(headers), body),
        type: eventType(eventPrefix, ownText(value, 'type')),
        subject: subjectOf(ownText(ownValue(value, 'data'), 'id')),
        data: text,
      },
    ]
  },
})
