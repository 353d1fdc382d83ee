import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hmac as sender } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { exerciseSource } from '../../exercise-source.ts'
import { type Accepted, type Exercise, requestOf } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import type { ParsedEvent } from '../../source.ts'
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

/** What each preset makes of its provider's event, and how the provider signs. */
const byPreset: Record<keyof typeof presets, Pick<Exercise, 'accepts' | 'sign' | 'proof'>> = {
  calcom: {
    accepts: accepted('calcom-booking.json', { type: 'calcom.BOOKING_CREATED', subject: 'bFJeNb2uX8ANpT3JL5EfXw' }),
    sign: ({ body, secret: key }) => ({ 'x-cal-signature-256': digest('sha256', key, body).toString('hex') }),
    proof: { headers: ['x-cal-signature-256'], encoding: 'hex', foreign: [] },
  },
  intercom: {
    accepts: accepted('intercom-user.json', {
      type: 'intercom.user.created',
      subject: '530370b477ad7120001d',
      dedupeKey: 'notif_78c122d0-23ba-11e4-9464-79b01267cc2e',
    }),
    sign: ({ body, secret: key }) => ({ 'x-hub-signature': `sha1=${digest('sha1', key, body).toString('hex')}` }),
    proof: { headers: ['x-hub-signature'], encoding: 'hex', foreign: [['sha1=', 'sha256=']] },
  },
  lemonsqueezy: {
    accepts: accepted('lemonsqueezy-order.json', { type: 'lemonsqueezy.order_created', subject: '1' }),
    sign: ({ body, secret: key }) => ({
      'x-signature': digest('sha256', key, body).toString('hex'),
      'x-event-name': 'not_signed',
    }),
    proof: { headers: ['x-signature'], encoding: 'hex', foreign: [] },
  },
  razorpay: {
    accepts: accepted('razorpay-payment.json', {
      type: 'razorpay.payment.captured',
      subject: 'acc_PearOrchard01',
      dedupeKey: 'msg_1',
    }),
    sign: ({ body, secret: key, id }) => ({
      'x-razorpay-signature': digest('sha256', key, body).toString('hex'),
      'x-razorpay-event-id': id,
    }),
    proof: { headers: ['x-razorpay-signature'], encoding: 'hex', foreign: [] },
  },
  sentry: {
    accepts: accepted('sentry-issue.json', { type: 'sentry.issue', subject: '1170820242' }),
    sign: ({ body, secret: key }) => ({
      'sentry-hook-signature': digest('sha256', key, body).toString('hex'),
      'sentry-hook-resource': 'issue',
    }),
    proof: { headers: ['sentry-hook-signature'], encoding: 'hex', foreign: [] },
  },
  square: {
    accepts: accepted('square-payment.json', {
      type: 'square.payment.updated',
      subject: 'KkAkhdMsgzn59SM8A89WgKwekxLZY',
      dedupeKey: '6a8f5f28-54a1-4eb0-a98a-3111513fd4fc',
    }),
    sign: ({ body, secret: key }) => ({
      'x-square-hmacsha256-signature': digest(
        'sha256',
        key,
        Buffer.from('https://hooks.example/in/key'),
        body,
      ).toString('base64'),
    }),
    proof: { headers: ['x-square-hmacsha256-signature'], encoding: 'base64', foreign: [] },
  },
  typeform: {
    accepts: accepted('typeform-response.json', {
      type: 'typeform.form_response',
      subject: 'lT4Z3j',
      dedupeKey: 'LtWXD3crgy',
    }),
    sign: ({ body, secret: key }) => ({
      'typeform-signature': `sha256=${digest('sha256', key, body).toString('base64')}`,
    }),
    proof: { headers: ['typeform-signature'], encoding: 'base64', foreign: [['sha256=', 'sha1=']] },
  },
}

for (const [preset, exercise] of Object.entries(byPreset))
  exerciseSource(hmac, { ...common, ...exercise, config: { preset } })

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

function accepted(name: string, gives: Partial<ParsedEvent>): Accepted[] {
  return [{ fixture: `fixtures/${name}`, gives }]
}

function digest(algorithm: string, key: string, ...parts: Uint8Array[]): Buffer {
  const made = createHmac(algorithm, key)
  for (const part of parts) made.update(part)
  return made.digest()
}

function fixture(name: string): Buffer {
  return readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
}

it('says that it is there to a sender that only looks, and to no other', () => {
  const asked = (method: string) =>
    hmac.handshake?.(
      { ...requestOf(Buffer.alloc(0), {}), method },
      {
        secrets: [],
        now: 0,
        config: hmac.config.parse({ preset: 'intercom' }),
      },
    )
  expect(asked('HEAD')).toEqual({ contentType: 'text/plain; charset=utf-8', body: '' })
  expect([asked('GET'), asked('OPTIONS')]).toEqual([undefined, undefined])
})
