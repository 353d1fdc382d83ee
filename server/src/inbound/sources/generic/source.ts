import { z } from 'zod'
import { isThere } from '../../payload/is-there.ts'
import { headerName, placeSettings, readAt } from '../../payload/places.ts'
import { addressed } from '../../signature/shown.ts'
import { defineSource } from '../../source.ts'

/** Any sender that signs nothing: whoever knows the source's URL may post to it, whatever it is. */
export default defineSource({
  kind: 'generic',
  title: 'Generic',
  limits: { bodyBytes: 1024 * 1024 },
  isSecretless: true,
  config: z.strictObject({
    ...placeSettings,
    eventPrefix: placeSettings.eventPrefix.unwrap().default('generic'),
    /** https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ */
    idHeader: headerName.default('idempotency-key'),
  }),
  checkSecret: () => 'a generic source has no secret: its URL is all the proof there is',
  verify: (request) => addressed(request, 'nothing is signed'),
  parse: (request, config) => {
    const { id, ...event } = readAt(request, config)
    // Two equal bodies may be two events: without an id nothing tells.
    return [{ ...event, dedupeKey: id ?? null }]
  },
  handshake: isThere,
  eventTypes: [{ type: 'generic.event', description: 'Something was posted that gave no name of its own.' }],
})
