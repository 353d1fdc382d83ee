import { isThere } from '../../payload/is-there.ts'
import { readAt } from '../../payload/places.ts'
import { hmacTemplate } from '../../signature/hmac-template.ts'
import { makeTextSecret, secretFault } from '../../signature/secret.ts'
import { dedupeKey, defineSource } from '../../source.ts'
import { hmacConfig, settingsOf } from './settings.ts'

/** Any sender that signs with a shared secret, in the way that its settings describe. */
export default defineSource({
  kind: 'hmac',
  title: 'HMAC',
  limits: { bodyBytes: 1024 * 1024 },
  config: hmacConfig,
  checkSecret: (secret) => secretFault(secret, 8),
  makeSecret: makeTextSecret,
  verify: (request, proof) => hmacTemplate(settingsOf(proof.config))(request, proof),
  parse: (request, config) => {
    const { id, ...event } = readAt(request, settingsOf(config))
    // Without an id the body is the key: otherwise a request that somebody caught could be sent again for ever.
    return [{ ...event, dedupeKey: dedupeKey(id, request.body) }]
  },
  handshake: isThere,
  eventTypes: [{ type: 'hmac.event', description: 'Something was sent that gave no name of its own.' }],
})
