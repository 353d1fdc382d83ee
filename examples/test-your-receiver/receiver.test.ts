import { signedDelivery, signedRequest } from '@trunkline/sdk/testing'
import { expect, it } from 'vitest'
import { createReceiver } from './receiver.mjs'

const secret = `whsec_${Buffer.alloc(32, 'test').toString('base64')}`
const wanted = { secret, id: 'evt_1', type: 'invoice.paid', data: { id: 'in_1' } }

it('takes an event once, however often it is delivered', () => {
  const taken: unknown[] = []
  const receive = createReceiver(secret, (event: unknown) => taken.push(event))
  // The next attempt has another time and so another signature; the id is the same.
  for (const nowMs of [Date.now() - 5000, Date.now()]) {
    const { headers, body } = signedDelivery({ ...wanted, nowMs })
    expect(receive(headers, body)).toBe(200)
  }
  expect(taken).toHaveLength(1)
  expect(taken[0]).toMatchObject({ type: 'invoice.paid', data: { id: 'in_1' } })
})

it('refuses what somebody else signed, and what is older than five minutes', () => {
  const receive = createReceiver(secret, () => expect.unreachable())
  const foreign = signedDelivery({ ...wanted, secret: `whsec_${Buffer.alloc(32, 'else').toString('base64')}` })
  const old = signedDelivery({ ...wanted, nowMs: Date.now() - 301_000 })
  expect([foreign, old].map(({ headers, body }) => receive(headers, body))).toEqual([401, 401])
})

it('knows what a provider itself would send', () => {
  const { headers, body } = signedRequest({
    kind: 'github',
    event: 'push',
    secret,
    set: { 'commits[0].message': 'Prune' },
  })
  expect(headers['x-github-event']).toBe('push')
  expect(JSON.parse(Buffer.from(body).toString()).commits[0].message).toBe('Prune')
})
