import { z } from 'zod'
import { withMember } from '../../../base/json-text.ts'
import { hmac } from '../../signature/hmac.ts'
import { makeTextSecret, secretFault } from '../../signature/secret.ts'
import { proofSetting, shown } from '../../signature/shown.ts'
import { readToken, token } from '../../signature/token.ts'
import { refused } from '../../signature/verdict.ts'
import { defineSource, type Headers, type Incoming, ownText, type Verdict } from '../../source.ts'
import { eventTypes } from './event-types.ts'
import { readEvent } from './read-event.ts'

/** Tavus writes the first; relays of one's own were told of the second as well. */
const signatureHeaders = ['x-tavus-signature', 'tavus-signature'] as const

const proofs = shown(
  signedIn(signatureHeaders[0]),
  signedIn(signatureHeaders[1]),
  token({ header: 'authorization', scheme: 'Bearer' }),
)

/**
 * Callbacks, which Tavus does not sign: https://docs.tavus.io/sections/webhooks-and-callbacks
 * Tools that it delivers by API, with a signature or a token:
 * https://docs.tavus.io/sections/conversational-video-interface/pal/llm-tool-auth
 * And app messages, which a browser hears and relays: https://docs.tavus.io/sections/event-schemas/conversation-toolcall
 */
export default defineSource({
  kind: 'tavus',
  title: 'Tavus',
  limits: { bodyBytes: 1024 * 1024 },
  config: z.strictObject({
    /** `any` takes a request for its address alone, as Tavus posts callbacks; `required` wants a signature or the token. */
    proof: proofSetting.default('any'),
  }),
  fixedPath: { path: '/api/tavus/webhook', token: addressToken },
  checkSecret: (secret) => secretFault(secret, 8),
  makeSecret: makeTextSecret,
  verify: (request, proof) => contradiction(request.headers) ?? proofs(request, proof),
  parse: ({ body, json }) => {
    const { text, value } = json()
    // Each callback names the URL that it came to, which is all the proof there is: whoever gets the event is not to have it.
    const data = ownText(value, 'webhook_url') === undefined ? text : withMember(text, 'webhook_url', 'null')
    return [{ ...readEvent(value, body), data }]
  },
  answer: () => ({ contentType: 'text/plain; charset=utf-8', body: 'OK' }),
  eventTypes,
})

function signedIn(header: string) {
  return hmac({ algorithm: 'sha256', header, encoding: 'hex', prefix: 'sha256=', isPrefixOptional: true })
}

function addressToken(request: Incoming): string | undefined {
  const named = readToken(request, { parameters: ['t', 'token'] })
  return typeof named === 'string' ? named : undefined
}

/** Two headers that say different things: which one would have been meant? */
function contradiction(headers: Headers): Verdict | undefined {
  const [first, second] = signatureHeaders.map((name) => headers.get(name))
  if (first === undefined || second === undefined || first === second) return undefined
  return refused('MALFORMED_SIGNATURE', `header ${signatureHeaders[0]} differs from header ${signatureHeaders[1]}`)
}
