import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hmac as sender } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import { presets } from './presets.ts'
import hmac from './source.ts'

const secret = 'only the two of us know'
const common = {
  secret,
  otherSecret: 'another that only two know',
  takesAnyBody: true as const,
}

exerciseSource(hmac, {
  ...common,
  accepts: [
    {
      fixture: 'fixtures/order.json',
      gives: {
        type: 'shop.order.paid',
        subject: '1001',
        dedupeKey: 'evt_1001',
        data: fixture('order.json').toString(),
      },
    },
    { fixture: 'fixtures/calcom-booking.json' },
  ],
  sign: sender.sign,
  config: { eventPrefix: 'shop', typePath: 'event', subjectPath: 'order.id', idPath: 'id' },
  proof: { headers: ['x-webhook-signature'], encoding: 'hex', foreign: [] },
})

exerciseSource(hmac, {
  ...common,
  accepts: [{ fixture: 'fixtures/order.json', gives: { type: 'hmac.event', dedupeKey: 'msg_1' } }],
  sign: ({ body, secret: key, nowMs, id }) => {
    const seconds = String(Math.floor(nowMs / 1000))
    const signature = createHmac('sha512', key).update(`${id}.${seconds}.`, 'latin1').update(body).digest('base64')
    return { 'x-id': id, 'x-time': seconds, 'x-proof': `v1=${signature}` }
  },
  config: {
    header: 'x-proof',
    algorithm: 'sha512',
    encoding: 'base64',
    prefix: 'v1=',
    signed: '{id}.{timestamp}.{body}',
    timestampHeader: 'x-time',
    idHeader: 'x-id',
    toleranceSeconds: 120,
  },
  proof: {
    headers: ['x-proof', 'x-id', 'x-time'],
    encoding: 'base64',
    foreign: [
      ['v1=', 'v0='],
      ['v1=', 'V1='],
      ['v1=', ''],
    ],
    toleranceSeconds: 120,
    idHeader: 'x-id',
  },
})

exerciseSource(hmac, {
  ...common,
  accepts: [
    {
      fixture: 'fixtures/typeform-response.json',
      gives: { type: 'typeform.form_response', subject: 'lT4Z3j', dedupeKey: 'LtWXD3crgy' },
    },
  ],
  sign: ({ body, secret: key }) => ({
    'typeform-signature': `sha256=${createHmac('sha256', key).update(body).digest('base64')}`,
  }),
  config: { preset: 'typeform' },
  proof: { headers: ['typeform-signature'], encoding: 'base64', foreign: [['sha256=', 'sha1=']] },
})

exerciseSource(hmac, {
  ...common,
  accepts: [
    {
      fixture: 'fixtures/square-payment.json',
      gives: {
        type: 'square.payment.updated',
        subject: 'KkAkhdMsgzn59SM8A89WgKwekxLZY',
        dedupeKey: '6a8f5f28-54a1-4eb0-a98a-3111513fd4fc',
      },
    },
  ],
  sign: ({ body, secret: key }) => ({
    'x-square-hmacsha256-signature': createHmac('sha256', key)
      .update('https://hooks.example/in/key')
      .update(body)
      .digest('base64'),
  }),
  config: { preset: 'square' },
  proof: { headers: ['x-square-hmacsha256-signature'], encoding: 'base64', foreign: [] },
})

exerciseSource(hmac, {
  ...common,
  accepts: [
    {
      fixture: 'fixtures/calcom-booking.json',
      gives: { type: 'calcom.BOOKING_CREATED', subject: 'bFJeNb2uX8ANpT3JL5EfXw' },
    },
  ],
  sign: ({ body, secret: key }) => ({ 'x-cal-signature-256': createHmac('sha256', key).update(body).digest('hex') }),
  config: { preset: 'calcom' },
  proof: { headers: ['x-cal-signature-256'], encoding: 'hex', foreign: [] },
})

describe('the settings', () => {
  const isRight = (config: object) => hmac.config.safeParse(config).success

  it('may be left out, and are kept as they were given, so that a preset stays one', () => {
    expect(hmac.config.parse({})).toEqual({})
    for (const preset of Object.keys(presets)) expect(hmac.config.parse({ preset })).toEqual({ preset })
  })

  it('win over the preset', () => {
    const config = hmac.config.parse({ preset: 'typeform', encoding: 'hex', eventPrefix: 'forms' })
    const body = fixture('typeform-response.json')
    const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
    const request = requestOf(body, { 'typeform-signature': signature })
    expect(hmac.verify(request, { secrets: [secret], now: 0, config })).toEqual({ kind: 'verified' })
    expect(hmac.parse(readable(request), config)[0]?.type).toBe('forms.form_response')
  })

  it('are refused when they would prove nothing', () => {
    for (const config of [
      { preset: 'nobody' },
      { algorithm: 'md5' },
      { encoding: 'base32' },
      { header: '' },
      { prefix: 'with space ' },
      { signed: '{timestamp}{body}', timestampHeader: 'x-time' },
      { signed: '{timestamp}.{body}' },
      { timestampHeader: 'x-time' },
      { signed: '{id}.{body}' },
      { signed: 'nothing' },
      { toleranceSeconds: 0 },
      { preset: 'square', timestampHeader: 'x-time' },
    ]) {
      expect(isRight(config), JSON.stringify(config)).toBe(false)
    }
    expect(isRight({ preset: 'square', signed: '{url}.{timestamp}.{body}', timestampHeader: 'x-time' })).toBe(true)
  })
})

it('an event without an id is known by its body, or a caught request could be sent again for ever', () => {
  const [event] = hmac.parse(readable(requestOf(Buffer.from('{"hello":"world"}'), {})), {})
  expect(event?.dedupeKey).toBe('sha256:93a23971a914e5eacbf0a8d25154cda309c3c1c72fbb9914d47c60f3cb681588')
})

function fixture(name: string): Buffer {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
}
