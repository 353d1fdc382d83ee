import { z } from 'zod'
import { addressed } from '../../signature/shown.ts'
import { token, tokenFault } from '../../signature/token.ts'
import { type Answer, defineSource, type Incoming } from '../../source.ts'
import { readEvents } from './read-events.ts'

/** https://www.rfc-editor.org/rfc/rfc6750#section-2 */
const bearerToken = token({ header: 'authorization', scheme: 'Bearer' }, { parameters: ['access_token'] })

/**
 * Events by the CloudEvents specification, over HTTP in each of its three modes.
 * https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md
 */
export default defineSource({
  kind: 'cloudevents',
  title: 'CloudEvents',
  limits: { bodyBytes: 1024 * 1024 },
  isSecretOptional: true,
  config: z.strictObject({
    /** Who may ask whether it may send here, such as `eventemitter.example.com`; everybody, unless some are named. */
    allowedOrigins: z
      .array(z.string().regex(/^[A-Za-z0-9.*:_-]{1,253}$/))
      .max(50)
      .default([]),
    /** What a sender is told that it may send in a minute; without a limit unless set. */
    allowedRatePerMinute: z.int().min(1).max(1_000_000).optional(),
  }),
  checkSecret: (secret) => tokenFault(secret, 16),
  verify: (request, proof) =>
    proof.secrets.length === 0 ? addressed(request, 'the source has no secret') : bearerToken(request, proof),
  parse: readEvents,
  handshake: (request, { config }) => permission(request, config),
})

/**
 * The answer to a sender that asks whether it may send here: a protection of others from being sent to, not of us.
 * https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md#4-abuse-protection
 */
function permission(
  { method, headers }: Incoming,
  { allowedOrigins, allowedRatePerMinute }: { allowedOrigins: string[]; allowedRatePerMinute?: number | undefined },
): Answer | undefined {
  const origin = headers.get('webhook-request-origin')
  if (method !== 'OPTIONS' || origin === undefined || !/^[A-Za-z0-9.*:_-]{1,253}$/.test(origin)) return undefined
  const allowed = allowedOrigins.map((each) => each.toLowerCase())
  if (allowed.length > 0 && !allowed.includes(origin.toLowerCase())) return undefined
  return {
    contentType: 'text/plain; charset=utf-8',
    body: '',
    headers: {
      allow: 'POST, OPTIONS',
      'webhook-allowed-origin': origin,
      'webhook-allowed-rate': allowedRatePerMinute === undefined ? '*' : String(allowedRatePerMinute),
    },
  }
}
