import { createHash, createHmac } from 'node:crypto'
import { byteSamples, formBytes, jsonBytes, type Sender } from './sender.ts'

/**
 * Twilio signs the URL that it posts to, and behind it the names and values of the form's fields, sorted by name. The hash
 * of a JSON body is put into the URL, as `bodySHA256`, and signed with it.
 * https://www.twilio.com/docs/usage/webhooks/webhooks-security
 */
export const twilio: Sender = {
  kind: 'twilio',
  title: 'Twilio',
  ...byteSamples('Twilio', {
    'message.received': ({ id }) =>
      formBytes({
        ...message(id, '+12025550142', '+12025550199'),
        Body: 'Are the pears ripe? & what of the quinces',
        FromCity: 'GÖRLITZ',
        NumMedia: '0',
        NumSegments: '1',
        SmsStatus: 'received',
      }),
    'message.sent': ({ id }) => formBytes(status(id, 'sent')),
    'message.delivered': ({ id }) => formBytes(status(id, 'delivered')),
    'message.failed': ({ id }) => formBytes({ ...status(id, 'failed'), ErrorCode: '30006' }),
    'call.ringing': ({ id, nowMs }) => formBytes(call(id, nowMs, 'ringing', '1')),
    'call.completed': ({ id, nowMs }) =>
      formBytes({ ...call(id, nowMs, 'completed', '3'), Duration: '1', CallDuration: '42' }),
    webhook: ({ id, nowMs }) => jsonBytes([cloudEvent(id, nowMs)]),
  }),
  sign: ({ body, secret, id, url = '' }) => {
    const isHashed = url.includes('bodySHA256=')
    const isJson = isHashed || isJsonBody(body)
    const query = isJson && !isHashed ? `${url.includes('?') ? '&' : '?'}${hashOf(body)}` : ''
    const signed = `${url}${query}${isJson ? '' : sortedFields(body)}`
    return {
      'content-type': isJson ? 'application/json' : 'application/x-www-form-urlencoded; charset=UTF-8',
      'user-agent': 'TwilioProxy/1.1',
      'i-twilio-idempotency-token': id,
      'x-twilio-signature': createHmac('sha1', secret).update(signed).digest('base64'),
    }
  },
  query: ({ body }) => (isJsonBody(body) ? hashOf(body) : ''),
}

function isJsonBody(body: Uint8Array): boolean {
  return /^\s*[{[]/.test(Buffer.from(body.subarray(0, 16)).toString('latin1'))
}

function hashOf(body: Uint8Array): string {
  return `bodySHA256=${createHash('sha256').update(body).digest('hex')}`
}

function sortedFields(body: Uint8Array): string {
  const fields = [...new URLSearchParams(new TextDecoder().decode(body))]
  return fields
    .sort(([a], [b]) => (a < b ? -1 : Number(a > b)))
    .map(([name, value]) => `${name}${value}`)
    .join('')
}

const account = `AC${'0'.repeat(32)}`

function message(id: string, from: string, to: string): Record<string, string> {
  return {
    MessageSid: id,
    SmsMessageSid: id,
    SmsSid: id,
    AccountSid: account,
    ApiVersion: '2010-04-01',
    From: from,
    To: to,
  }
}

function status(id: string, now: string): Record<string, string> {
  return { ...message(id, '+12025550199', '+12025550142'), SmsStatus: now, MessageStatus: now }
}

function call(id: string, nowMs: number, now: string, number: string): Record<string, string> {
  return {
    CallSid: id,
    AccountSid: account,
    ApiVersion: '2010-04-01',
    CallStatus: now,
    CallbackSource: 'call-progress-events',
    Direction: 'outbound-api',
    From: '+12025550199',
    SequenceNumber: number,
    Timestamp: new Date(nowMs).toUTCString(),
    To: '+12025550142',
  }
}

function cloudEvent(id: string, nowMs: number): unknown {
  return {
    specversion: '1.0',
    type: 'com.twilio.messaging.message.delivered',
    source: `/2010-04-01/Accounts/${account}/Messages/${id}.json`,
    id,
    dataschema: 'https://events-schemas.twilio.com/Messaging.MessageStatus/2',
    datacontenttype: 'application/json',
    time: new Date(nowMs).toISOString(),
    data: { messageSid: id, accountSid: account, messageStatus: 'DELIVERED', to: '+12025550142', from: '+12025550199' },
  }
}
