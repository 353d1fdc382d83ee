import { z } from 'zod'
import { isEnvelope, readEnvelope, unknownEvent } from '../../payload/whatsapp.ts'
import { whatsappTypes } from '../../payload/whatsapp-types.ts'
import { hmac } from '../../signature/hmac.ts'
import { hubChallenge } from '../../signature/hub-challenge.ts'
import { secretFault } from '../../signature/secret.ts'
import { defineSource } from '../../source.ts'

/** https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/create-webhook-endpoint */
export default defineSource({
  kind: 'meta-whatsapp',
  title: 'WhatsApp (Meta)',
  // Meta sends 3 MB at most: https://developers.facebook.com/documentation/business-messaging/whatsapp/webhooks/overview
  limits: { bodyBytes: 4 * 1024 * 1024 },
  config: z.strictObject({
    /** The text that was typed into Meta's field "Verify token"; without it no challenge is answered. */
    verifyToken: z.string().min(8).max(255).optional(),
  }),
  // The secret is the Meta app's own: we cannot choose it.
  checkSecret: (secret) => secretFault(secret, 8),
  verify: hmac({ algorithm: 'sha256', header: 'x-hub-signature-256', encoding: 'hex', prefix: 'sha256=' }),
  parse: ({ json }) => {
    const body = json()
    return isEnvelope(body) ? readEnvelope(body) : [unknownEvent(body)]
  },
  handshake: (request, { config }) => hubChallenge(request, config.verifyToken),
  eventTypes: whatsappTypes,
})
