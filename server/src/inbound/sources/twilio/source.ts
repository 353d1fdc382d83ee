import { z } from 'zod'
import { type FormField, formFields, formText } from '../../payload/form.ts'
import { secretFault } from '../../signature/secret.ts'
import { dedupeKey, defineSource, eventType, type Incoming, type ParsedEvent, subjectOf } from '../../source.ts'
import { verify } from './proof.ts'
import { bodyHashes, isWebAddress } from './url.ts'

/** https://www.twilio.com/docs/usage/webhooks */
export default defineSource({
  kind: 'twilio',
  title: 'Twilio',
  limits: { bodyBytes: 1024 * 1024 },
  config: z.strictObject({
    /** The URL as Twilio was given it, where that is another than the source's own (behind a proxy that rewrites it). */
    publicUrl: z.string().max(2048).refine(isWebAddress, 'an address that begins with https:// or http://').optional(),
  }),
  checkSecret,
  verify,
  parse: (request) => {
    if (!isJson(request)) return [formEvent(request, formFields(request.body) ?? [])]
    const data = request.json().text
    return [{ dedupeKey: keyOf(request), type: 'twilio.webhook', subject: null, data }]
  },
  // Twilio takes the answer to a message or a call for TwiML, and reports JSON as an error. This one says: do nothing.
  answer: (request) =>
    isJson(request)
      ? undefined
      : { contentType: 'text/xml; charset=utf-8', body: '<?xml version="1.0" encoding="UTF-8"?><Response/>' },
  eventTypes: [
    { type: 'twilio.message.received', description: 'A message came in; the data is none, the body is a form.' },
    { type: 'twilio.message.queued', description: 'A message of ours is waiting to be sent.' },
    { type: 'twilio.message.sent', description: 'A message of ours went to the carrier.' },
    { type: 'twilio.message.delivered', description: 'A message of ours arrived.' },
    { type: 'twilio.message.undelivered', description: 'A message of ours was sent and did not arrive.' },
    { type: 'twilio.message.failed', description: 'A message of ours could not be sent.' },
    { type: 'twilio.message.read', description: 'A message of ours was read, where the channel tells.' },
    { type: 'twilio.call.ringing', description: 'A call rings: one that came in, or one of ours.' },
    { type: 'twilio.call.in-progress', description: 'A call was answered, or goes on.' },
    { type: 'twilio.call.completed', description: 'A call ended.' },
    { type: 'twilio.call.busy', description: 'The other side of a call was busy.' },
    { type: 'twilio.call.no-answer', description: 'Nobody answered a call.' },
    { type: 'twilio.call.failed', description: 'A call could not be made.' },
    { type: 'twilio.webhook', description: 'Anything else of Twilio’s, such as a recording or an event stream.' },
  ],
})

function checkSecret(secret: string): string | undefined {
  if (/^(AC|SK)[0-9a-f]{32}$/.test(secret)) {
    return 'the secret is the SID of an account or a key; the Auth Token stands in the Console, under Account Info'
  }
  return secretFault(secret, 16)
}

/** A proven request has its body's hash in the URL if, and only if, the body is no form. */
function isJson({ address }: Incoming): boolean {
  return bodyHashes(address).length > 0
}

function formEvent(request: Incoming, fields: readonly FormField[]): ParsedEvent {
  const text = (name: string) => formText(fields, name)
  const message = text('MessageSid') ?? text('SmsSid')
  const messageStatus = text('MessageStatus') ?? text('SmsStatus')
  if (message !== undefined && messageStatus !== undefined) {
    // A message has each status once.
    return about(`message.${messageStatus}`, message, keyOf(request, [message, messageStatus]))
  }
  const call = text('CallSid')
  const callStatus = text('CallStatus')
  if (call !== undefined && callStatus !== undefined) {
    // A call is asked about many times in one status (each time that digits were typed): only the numbered reports are told
    // apart by it.
    const number = text('SequenceNumber')
    return about(`call.${callStatus}`, call, keyOf(request, number === undefined ? [] : [call, callStatus, number]))
  }
  return about('webhook', message ?? call, keyOf(request))
}

function about(type: string, sid: string | undefined, key: string): ParsedEvent {
  const subject = subjectOf(sid)
  return {
    dedupeKey: key,
    type: eventType('twilio', type),
    subject,
    ...(subject === null ? {} : { orderKey: subject }),
    data: null,
  }
}

/**
 * What the fields say is signed, so it comes first. The token is the same for each repeat, but it is not signed.
 * https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides
 */
function keyOf({ headers, body }: Incoming, signed: readonly string[] = []): string {
  const key = signed.length > 0 ? signed.join(':') : headers.get('i-twilio-idempotency-token')
  return dedupeKey(key, body)
}
