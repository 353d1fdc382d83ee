import { z } from 'zod'
import { hmac } from '../../signature/hmac.ts'
import { hubChallenge } from '../../signature/hub-challenge.ts'
import { makeTextSecret, secretFault } from '../../signature/secret.ts'
import { defineSource } from '../../source.ts'
import { kapsoTypes } from './event-types.ts'
import { readKapso } from './read-kapso.ts'

/** https://docs.kapso.ai/docs/platform/webhooks/overview */
export default defineSource({
  kind: 'kapso',
  title: 'Kapso',
  limits: { bodyBytes: 4 * 1024 * 1024 },
  config: z.strictObject({
    /** Answers Meta's challenge, for those whose sender asks for one; without it no challenge is answered. */
    verifyToken: z.string().min(8).max(255).optional(),
  }),
  fixedPath: { path: '/webhook/kapso' },
  // Kapso takes any text for a secret, so this refuses only what could be guessed.
  checkSecret: (secret) => secretFault(secret, 8),
  makeSecret: makeTextSecret,
  verify: hmac({ algorithm: 'sha256', header: 'x-webhook-signature', encoding: 'hex' }),
  parse: ({ headers, json }) => readKapso(json(), headers),
  answer: (_, { eventIds }) => ({
    contentType: 'application/json',
    body: JSON.stringify({ received: true, scheduled: eventIds.length }),
  }),
  handshake: (request, { config }) => hubChallenge(request, config.verifyToken),
  eventTypes: kapsoTypes,
})
