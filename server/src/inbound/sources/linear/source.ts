import { z } from 'zod'
import { hmac } from '../../signature/hmac.ts'
import { secretFault } from '../../signature/secret.ts'
import { toleranceSeconds } from '../../signature/timestamp.ts'
import { refused, verifiedInTime } from '../../signature/verdict.ts'
import {
  dedupeKey,
  defineSource,
  eventType,
  type Incoming,
  ownText,
  ownValue,
  type Proof,
  subjectOf,
  type Verdict,
} from '../../source.ts'
import { eventTypes } from './event-types.ts'

/** https://linear.app/developers/webhooks */
export default defineSource({
  kind: 'linear',
  title: 'Linear',
  // What Linear's SDK takes at most: https://github.com/linear/linear/tree/master/packages/sdk/src/webhooks
  limits: { bodyBytes: 5 * 1024 * 1024 },
  config: z.strictObject({
    toleranceSeconds: toleranceSeconds.default(60),
  }),
  checkSecret: (secret) => secretFault(secret, 8),
  verify,
  usual: { userAgent: 'Linear-Webhook', contentTypes: ['application/json'] },
  parse: ({ headers, body, json }) => {
    const { text, value } = json()
    return [
      {
        dedupeKey: dedupeKey(headers.get('linear-delivery'), body),
        type: eventType('linear', typeName(value)),
        subject: subjectOf(ownText(ownValue(value, 'data'), 'id') ?? ownText(ownValue(value, 'agentSession'), 'id')),
        data: text,
      },
    ]
  },
  eventTypes,
})

const verifySignature = hmac({ algorithm: 'sha256', header: 'linear-signature', encoding: 'hex' })

/** The time is inside of the body, so it is read only once the body is known to be Linear's. The header `linear-timestamp` is not signed. */
function verify(request: Incoming, proof: Proof<{ toleranceSeconds: number }>): Verdict {
  const verdict = verifySignature(request, proof)
  if (verdict.kind !== 'verified') return verdict
  const time = signedTime(request.body)
  // Nobody but Linear can leave it out. Such a body is kept like any other genuine one.
  if (time === undefined) return verdict
  if (typeof time !== 'number' || !Number.isSafeInteger(time) || time < 0) {
    return refused(
      'MALFORMED_SIGNATURE',
      'header linear-signature is right, but the body’s webhookTimestamp is no number of milliseconds',
    )
  }
  return verifiedInTime('linear-signature', Math.floor(time / 1000), proof.now, proof.config.toleranceSeconds)
}

function signedTime(body: Buffer): unknown {
  try {
    return ownValue(JSON.parse(body.toString('utf8').replace(/^\uFEFF/, '')), 'webhookTimestamp')
  } catch {
    return undefined
  }
}

/** `Issue` and `create` are `issue.create`. */
function typeName(value: unknown): string | undefined {
  const type = ownText(value, 'type')
  const action = ownText(value, 'action')
  return type === undefined ? undefined : (action === undefined ? type : `${type}.${action}`).toLowerCase()
}
