import { createHash, createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { twilio as sender } from '@trunkline/senders'
import { getExpectedTwilioSignature, validateRequest, validateRequestWithBody } from 'twilio/lib/webhooks/webhooks.js'
import { describe, expect, it } from 'vitest'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf as requestAt } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import type { Incoming } from '../../source.ts'
import twilio from './source.ts'

const secret = 'a token of the account, for the tests'.replaceAll(' ', '')
const otherSecret = 'another token, for the tests'.replaceAll(' ', '')
const home = 'https://hooks.example/in/key'
const sid = (letters: string, digit: string) => `${letters}${digit.repeat(32)}`

exerciseSource(twilio, {
  accepts: [
    {
      fixture: 'fixtures/event-stream.json',
      gives: { type: 'twilio.webhook', subject: null, data: fixture('event-stream.json').toString() },
    },
    { fixture: 'fixtures/no-array.json', gives: { data: fixture('no-array.json').toString() } },
  ],
  secret,
  otherSecret,
  sign: sender.sign,
  query: ({ body }) => hashQuery(body),
  proof: { headers: ['x-twilio-signature'], encoding: 'base64', foreign: [] },
})

describe('Twilio', () => {
  const published = 'https://mycompany.com/myapp.php?foo=1&bar=2'

  it('accepts the published example of a form', () => {
    const form = 'CallSid=CA1234567890ABCDE&Caller=%2B12349013030&Digits=1234&From=%2B12349013030&To=%2B18005551212'
    const request = requestOf(form, '0/KCTR6DLpKmkAf8muzZqo1nDgQ=', published)
    expect(verify(request, '12345')).toEqual({ kind: 'verified' })
    expect(verify(requestOf(`${form}&More=1`, '0/KCTR6DLpKmkAf8muzZqo1nDgQ=', published), '12345')).toMatchObject({
      cause: 'SIGNATURE_MISMATCH',
    })
  })

  it('accepts the published example of a JSON body', () => {
    const hash = '0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620'
    const request = requestOf(
      '{"property": "value", "boolean": true}',
      'a9nBmqA0ju/hNViExpshrM61xv4=',
      `${published}&bodySHA256=${hash}`,
    )
    expect(verify(request, '12345')).toEqual({ kind: 'verified' })
    expect(parse(request)).toMatchObject([{ data: '{"property": "value", "boolean": true}' }])
  })

  it('agrees with Twilio’s SDK on what is genuine', () => {
    for (const event of sender.events) {
      const { body } = sender.sample({ event, id: sid('SM', '7') })
      const request = genuine(body)
      expect(verify(request), event).toEqual({ kind: 'verified' })
      expect(askSdk(request), event).toBe(true)
      const tampered = { ...request, body: Buffer.concat([request.body, Buffer.from('x')]) }
      expect(askSdk(tampered), event).toBe(false)
      expect(verify(tampered), event).toMatchObject({ kind: 'refused' })
    }
  })

  it('reads forms as the SDK does: repeats, empty and odd fields, and names of any order', () => {
    const forms = [
      'a=1&a=1&a=0&A=2&b=',
      'MediaUrl=b&MediaUrl=a&Body=%F0%9F%8D%90+%C3%BC&From=%2B49',
      'Body=100%25&Digits=%23*&empty&Z=1&a_b=2&aB=3',
      '',
    ]
    for (const form of forms) {
      const parameters = parametersOf(form)
      const signature = getExpectedTwilioSignature(secret, home, parameters)
      expect(verify(requestOf(form, signature)), form).toEqual({ kind: 'verified' })
    }
  })

  it('takes what a form means, however it is written, and bytes that are no UTF-8', () => {
    const signature = createHmac('sha1', secret).update(`${home}Body%+zFrom+49`).digest('base64')
    for (const form of ['From=%2B49&Body=%25%2Bz', 'Body=%%2bz&From=%2b49', '&&Body=%%2Bz&&From=%2B49&']) {
      expect(verify(requestOf(form, signature)), form).toEqual({ kind: 'verified' })
    }
    const raw = createHmac('sha1', secret)
      .update(Buffer.from(`${home}Body\xff`, 'latin1'))
      .digest('base64')
    expect(verify(requestOf('Body=%FF', raw))).toEqual({ kind: 'verified' })
    expect(verify(requestOf('Body=%EF%BF%BD', raw))).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
  })

  it('accepts the address with and without its port, as the SDK does', () => {
    const form = fixture('message-received.form').toString()
    const addresses = [
      ['https://hooks.example/in/key', 'https://hooks.example:443/in/key'],
      ['http://hooks.example/in/key', 'http://hooks.example:80/in/key'],
      ['https://hooks.example:8443/in/key?a=1', 'https://hooks.example/in/key?a=1'],
      ['https://user:pass@hooks.example/in/key', 'https://user:pass@hooks.example:443/in/key'],
      ['https://[2001:db8::1]:8443/in/key', 'https://[2001:db8::1]/in/key'],
    ] as const
    for (const [at, signed] of addresses) {
      for (const url of [at, signed]) {
        const signature = getExpectedTwilioSignature(secret, url, parametersOf(form))
        expect(verify(requestOf(form, signature, at)), `${url} at ${at}`).toEqual({ kind: 'verified' })
        expect(validateRequest(secret, signature, at, parametersOf(form)), `${url} at ${at}`).toBe(true)
      }
      const foreign = getExpectedTwilioSignature(secret, signed.replace('/in/key', '/in/other'), parametersOf(form))
      expect(verify(requestOf(form, foreign, at)), at).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    }
  })

  it('takes the URL that Twilio was given where it is another than ours', () => {
    const config = twilio.config.parse({ publicUrl: 'https://phone.example/twilio?from=console#rc=3' })
    const form = 'Body=x'
    const signature = getExpectedTwilioSignature(secret, 'https://phone.example/twilio?from=console', { Body: 'x' })
    const request = requestOf(form, signature, `${home}?from=console`)
    expect(twilio.verify(request, { secrets: [secret], now: 0, config })).toEqual({ kind: 'verified' })
    expect(verify(request)).toMatchObject({ cause: 'SIGNATURE_MISMATCH' })
    for (const publicUrl of ['', 'phone.example', 'ftp://phone.example', 'https://', 'https://a b', 7]) {
      expect(twilio.config.safeParse({ publicUrl }).success, `${publicUrl}`).toBe(false)
    }
  })

  it('accepts SHA-256 where one of the account’s webhook rules says so', () => {
    const form = 'Body=x'
    const signature = createHmac('sha256', secret).update(`${home}Bodyx`).digest('base64')
    const name = 'X-Twilio-Webhooks-Signature-Settings'
    const with256 = requestOf(form, signature, home, { [name]: 'key=SK1,algorithm=HMAC_SHA256' })
    expect(verify(with256)).toEqual({ kind: 'verified' })
    expect(verify(requestOf(form, signature))).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    for (const odd of ['', 'algorithm=HMAC_MD5', 'algorithm=none', 'xalgorithm=HMAC_SHA256', 'y'.repeat(10_000)]) {
      expect(verify(requestOf(form, signature, home, { [name]: odd })), odd.slice(0, 40)).toMatchObject({
        cause: 'MALFORMED_SIGNATURE',
      })
    }
  })

  it('refuses a hash in the URL that is not the body’s, is doubled, or is none', () => {
    const body = Buffer.from('{"a":1}')
    const right = hashQuery(body)
    const queries = {
      [hashQuery(Buffer.from('{"a":2}'))]: 'SIGNATURE_MISMATCH',
      [`${right}&${right}`]: 'MALFORMED_SIGNATURE',
      'bodySHA256=': 'SIGNATURE_MISMATCH',
      'bodySHA256=zz': 'SIGNATURE_MISMATCH',
      [`bodySHA256=${'0'.repeat(10_000)}`]: 'SIGNATURE_MISMATCH',
    }
    for (const [query, cause] of Object.entries(queries)) {
      const url = `${home}?${query}`
      const signature = getExpectedTwilioSignature(secret, url, {})
      expect(verify(requestOf(body, signature, url)), query.slice(0, 90)).toMatchObject({ cause })
    }
  })

  it('refuses a genuine JSON request that was made into a form, its signature unchanged', () => {
    const { headers } = genuine(Buffer.from('{"a":1}'))
    const query = hashQuery(Buffer.from('{"a":1}'))
    const hash = query.slice('bodySHA256='.length)
    const forged = [
      ['', `%3F${query.replace('=', '%3D')}=`],
      ['', `%3FbodySHA256%3D=${hash}`],
      ['?bodySH', `A256%3D=${hash}`],
      [`?${query.slice(0, -1)}`, `${query.slice(-1)}=`],
    ] as const
    for (const [behind, form] of forged) {
      const request = { ...requestAt(Buffer.from(form), headers), address: `${home}${behind}` }
      expect(verify(request), form).toMatchObject({ kind: 'refused' })
    }
  })

  it('refuses a form of more fields than any has, before it sorts them', () => {
    const flood = requestOf('a=1&'.repeat(200_000), `${'A'.repeat(27)}=`)
    expect(verify(flood)).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
  })

  it('answers a verdict to headers of any size, and to addresses that are none', () => {
    const { body } = sender.sample()
    expect(verify(requestOf(body, 'A'.repeat(10_000)))).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    expect(verify({ ...requestAt(body, {}), address: home })).toMatchObject({ cause: 'MISSING_SIGNATURE' })
    for (const address of ['', '/in/key', '?', 'https://', 'https://[', 'x'.repeat(10_000)]) {
      expect(verify(requestOf(body, `${'A'.repeat(27)}=`, address)), address.slice(0, 20)).toMatchObject({
        cause: 'SIGNATURE_MISMATCH',
      })
    }
  })

  it('takes auth tokens, and knows SIDs that are none', () => {
    expect(twilio.checkSecret(sid('AC', '0'))).toContain('SID')
    expect(twilio.checkSecret(sid('SK', 'a'))).toContain('SID')
    expect(twilio.checkSecret('0a'.repeat(16))).toBeUndefined()
  })
})

describe('a form of Twilio’s', () => {
  it('is an event without data, about its message or its call', () => {
    expect(parse(genuine(fixture('message-received.form')))).toEqual([
      {
        dedupeKey: `${sid('SM', '1')}:received`,
        type: 'twilio.message.received',
        subject: sid('SM', '1'),
        orderKey: sid('SM', '1'),
        data: null,
      },
    ])
    expect(parse(genuine(fixture('call-completed.form')))).toMatchObject([
      {
        dedupeKey: `${sid('CA', '3')}:completed:3`,
        type: 'twilio.call.completed',
        subject: sid('CA', '3'),
        data: null,
      },
    ])
  })

  it('is told apart by the token where its fields do not, and by its bytes where there is none', () => {
    const gathered = 'CallSid=CA1&CallStatus=in-progress&Digits=1'
    const keyWith = (headers: Record<string, string>) => parse(requestOf(gathered, 'x', home, headers))[0]?.dedupeKey
    expect(keyWith({ 'I-Twilio-Idempotency-Token': 'token-1' })).toBe('token-1')
    expect(keyWith({ 'I-Twilio-Idempotency-Token': 'token-2' })).toBe('token-2')
    expect(keyWith({})).toMatch(/^sha256:/)
    expect(keyWith({ 'I-Twilio-Idempotency-Token': 'x'.repeat(10_000) })).toMatch(/^sha256:/)
  })

  it('that says something else is a webhook, as is one whose fields are doubled or odd', () => {
    const typeOf = (form: string) => parse(requestOf(form, 'x'))[0]
    expect(typeOf('RecordingSid=RE1&CallSid=CA1')).toMatchObject({ type: 'twilio.webhook', subject: 'CA1' })
    expect(typeOf('MessageSid=SM1&MessageSid=SM2&SmsStatus=sent')).toMatchObject({
      type: 'twilio.webhook',
      subject: null,
    })
    expect(typeOf('MessageSid=SM1&SmsStatus=a+b')?.type).toBe('twilio.unknown')
    expect(typeOf('MessageSid=%00&SmsStatus=sent')).toMatchObject({ type: 'twilio.message.sent', subject: null })
    expect(typeOf('')).toMatchObject({ type: 'twilio.webhook' })
    expect(typeOf('%')).toMatchObject({ type: 'twilio.webhook' })
  })

  it('is answered with TwiML that does nothing; JSON is answered in the usual way', () => {
    const answer = (request: Incoming) => twilio.answer?.(readable(request), { eventIds: [] })
    expect(answer(genuine(fixture('message-received.form')))).toMatchObject({
      contentType: 'text/xml; charset=utf-8',
      body: expect.stringContaining('<Response/>'),
    })
    expect(answer(genuine(fixture('event-stream.json')))).toBeUndefined()
  })
})

function verify(request: Incoming, key = secret) {
  return twilio.verify(request, { secrets: [key], now: 0, config: {} })
}

function parse(request: Incoming) {
  return twilio.parse(readable(request), {})
}

/** What Twilio would send with that body. */
function genuine(body: Uint8Array): Incoming {
  const message = { body, secret, nowMs: 0, id: 'token' }
  const query = sender.query?.(message)
  const url = query ? `${home}?${query}` : home
  return { ...requestAt(body, sender.sign({ ...message, url })), address: url }
}

function requestOf(
  body: Uint8Array | string,
  signature: string,
  address = home,
  more: Record<string, string> = {},
): Incoming {
  return { ...requestAt(Buffer.from(body as string), { 'X-Twilio-Signature': signature, ...more }), address }
}

function askSdk({ headers, address, body }: Incoming): boolean {
  const signature = headers.get('x-twilio-signature') ?? ''
  return address.includes('bodySHA256=')
    ? validateRequestWithBody(secret, signature, address, body.toString())
    : validateRequest(secret, signature, address, parametersOf(body.toString()))
}

/** A form as body parsers hand it to the SDK. */
function parametersOf(form: string): Record<string, string | string[]> {
  const read = new URLSearchParams(form)
  return Object.fromEntries(
    [...new Set(read.keys())].map((name) => {
      const values = read.getAll(name)
      return [name, values.length > 1 ? values : (values[0] ?? '')]
    }),
  )
}

function hashQuery(body: Uint8Array): string {
  return `bodySHA256=${createHash('sha256').update(body).digest('hex')}`
}

function fixture(name: string): Buffer {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
}
