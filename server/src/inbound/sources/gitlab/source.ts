import { z } from 'zod'
import { makeTextSecret, standardSecretFault } from '../../signature/secret.ts'
import { standardWebhooks } from '../../signature/standard-webhooks.ts'
import { toleranceSeconds } from '../../signature/timestamp.ts'
import { token, tokenFault } from '../../signature/token.ts'
import {
  dedupeKey,
  defineSource,
  eventType,
  type Headers,
  type Incoming,
  ownText,
  ownValue,
  type Proof,
  subjectOf,
  type Verdict,
} from '../../source.ts'
import { eventTypes } from './event-types.ts'

/** https://docs.gitlab.com/user/project/integrations/webhooks/ */
export default defineSource({
  kind: 'gitlab',
  title: 'GitLab',
  // As for GitHub: no limit of GitLab's own was found, and a push with many commits is large.
  limits: { bodyBytes: 25 * 1024 * 1024 },
  config: z.strictObject({
    /** For signed requests alone. */
    toleranceSeconds: toleranceSeconds.default(300),
  }),
  checkSecret: (secret) => (isSigning(secret) ? standardSecretFault(secret) : tokenFault(secret, 8)),
  makeSecret: makeTextSecret,
  verify,
  // https://docs.gitlab.com/user/project/integrations/webhooks/#delivery-headers
  usual: { userAgent: 'GitLab/', contentTypes: ['application/json'] },
  parse: ({ headers, body, json }) => {
    const { text, value } = json()
    return [
      {
        dedupeKey: repeatKey(headers, body),
        // Events of the whole instance (system hooks) have a name and no kind.
        type: eventType('gitlab', ownText(value, 'object_kind') ?? ownText(value, 'event_name')),
        subject: subjectOf(projectPath(value)),
        data: text,
      },
    ]
  },
  eventTypes,
})

const verifyToken = token({ header: 'x-gitlab-token' })

/**
 * GitLab knows two secrets: a secret token, sent as it is, and a signing token (`whsec_…`), which signs. One is never taken
 * for the other: a signing token that came as a header would have been given away.
 */
function verify(request: Incoming, proof: Proof<{ toleranceSeconds: number }>): Verdict {
  const signing = proof.secrets.filter(isSigning)
  const tokens = proof.secrets.filter((secret) => !isSigning(secret))
  const has = (header: string) => request.headers.all(header).length > 0
  // While a source changes over from one to the other, a signature decides where there is one.
  const isSigned = has('webhook-signature') && (signing.length > 0 || !has('x-gitlab-token'))
  if (isSigned || (signing.length > 0 && tokens.length === 0)) {
    return standardWebhooks(request, { ...proof, secrets: signing })
  }
  return verifyToken(request, { secrets: tokens })
}

const isSigning = (secret: string): boolean => secret.startsWith('whsec_')

/**
 * The key of a repeat: `webhook-id`, which is signed where anything is; it equals the `Idempotency-Key` that GitLab sends
 * since 17.4. Before that there is only the event's UUID, which is one and the same for all that one action caused, so the
 * body belongs to it.
 */
function repeatKey(headers: Headers, body: Buffer): string {
  const isSigned = headers.all('webhook-signature').length > 0
  const id = headers.get(isSigned ? 'webhook-id' : 'idempotency-key')
  const key = dedupeKey(id, body)
  if (key === id) return key
  const uuid = headers.get('x-gitlab-event-uuid')
  return uuid !== undefined && /^[0-9A-Za-z-]{1,64}$/.test(uuid) ? `${uuid}:${key}` : key
}

function projectPath(value: unknown): string | undefined {
  return ownText(ownValue(value, 'project'), 'path_with_namespace') ?? ownText(value, 'path_with_namespace')
}
