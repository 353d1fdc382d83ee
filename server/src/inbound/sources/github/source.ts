import { z } from 'zod'
import { formPayload } from '../../payload/form-payload.ts'
import { hmac } from '../../signature/hmac.ts'
import { makeTextSecret, secretFault } from '../../signature/secret.ts'
import { dedupeKey, defineSource, eventType, ownText, ownValue, subjectOf } from '../../source.ts'

/** https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers */
export default defineSource({
  kind: 'github',
  title: 'GitHub',
  // GitHub sends nothing larger: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap
  limits: { bodyBytes: 25 * 1024 * 1024 },
  config: z.strictObject({}),
  // GitHub takes any text for a secret, so this refuses only what could be guessed.
  checkSecret: (secret) => secretFault(secret, 8),
  makeSecret: makeTextSecret,
  verify: hmac({ algorithm: 'sha256', header: 'x-hub-signature-256', encoding: 'hex', prefix: 'sha256=' }),
  // https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
  usual: { userAgent: 'GitHub-Hookshot/', contentTypes: ['application/json', 'application/x-www-form-urlencoded'] },
  parse: ({ headers, body, json }) => {
    const { text, value } = json(formPayload(body) ?? body)
    return [
      {
        dedupeKey: dedupeKey(headers.get('x-github-delivery'), body),
        type: eventType('github', headers.get('x-github-event')),
        subject: subjectOf(ownText(ownValue(value, 'repository'), 'full_name')),
        data: text,
      },
    ]
  },
})
