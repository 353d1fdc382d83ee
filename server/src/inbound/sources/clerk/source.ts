import { z } from 'zod'
import { standardSecretFault } from '../../signature/secret.ts'
import { standardId, standardWebhooks } from '../../signature/standard-webhooks.ts'
import { toleranceSeconds } from '../../signature/timestamp.ts'
import { dedupeKey, defineSource, type EventTypeEntry, eventType, ownText, ownValue, subjectOf } from '../../source.ts'

/**
 * Clerk sends through Svix, so its proof is that of Standard Webhooks under Svix's names.
 * https://clerk.com/docs/guides/development/webhooks/overview
 */
export default defineSource({
  kind: 'clerk',
  title: 'Clerk',
  limits: { bodyBytes: 1024 * 1024 },
  config: z.strictObject({
    toleranceSeconds: toleranceSeconds.default(300),
  }),
  fixedPath: { path: '/api/webhooks/clerk' },
  checkSecret: standardSecretFault,
  verify: standardWebhooks,
  parse: ({ headers, body, json }) => {
    const { text, value } = json()
    return [
      {
        dedupeKey: dedupeKey(standardId(headers), body),
        type: eventType('clerk', ownText(value, 'type')),
        subject: subjectOf(ownText(ownValue(value, 'data'), 'id')),
        data: text,
      },
    ]
  },
  eventTypes: [
    ...changesOf('user', 'A user'),
    ...changesOf('organization', 'An organisation'),
    ...changesOf('organizationMembership', 'A membership of an organisation'),
    ...changesOf('organizationDomain', 'A domain of an organisation'),
    { type: 'clerk.organizationInvitation.created', description: 'Somebody was invited to an organisation.' },
    { type: 'clerk.organizationInvitation.accepted', description: 'An invitation to an organisation was accepted.' },
    { type: 'clerk.organizationInvitation.revoked', description: 'An invitation to an organisation was taken back.' },
    ...changesOf('role', 'A role'),
    ...changesOf('permission', 'A permission'),
    { type: 'clerk.session.created', description: 'A user signed in.' },
    { type: 'clerk.session.ended', description: 'A session ended.' },
    { type: 'clerk.session.removed', description: 'A user signed out.' },
    { type: 'clerk.session.revoked', description: 'A session was ended by the application.' },
    { type: 'clerk.session.pending', description: 'A user signed in, and has something left to do.' },
    { type: 'clerk.email.created', description: 'An email was made for a user.' },
    { type: 'clerk.sms.created', description: 'A text message was made for a user.' },
  ],
})

function changesOf(noun: string, what: string): EventTypeEntry[] {
  return ['created', 'updated', 'deleted'].map((verb) => ({
    type: `clerk.${noun}.${verb}`,
    description: `${what} was ${verb}.`,
  }))
}
