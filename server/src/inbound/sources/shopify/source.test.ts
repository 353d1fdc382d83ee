import '@shopify/shopify-api/adapters/node'
import { ApiVersion, LogSeverity, shopifyApi } from '@shopify/shopify-api'
import { shopify as sender } from '@trunkline/senders'
import { describe, expect, it } from 'vitest'
import { exerciseSource } from '../../exercise-source.ts'
import { requestOf } from '../../exercise-source-trial.ts'
import { readable } from '../../readable.ts'
import shopify from './source.ts'

const secret = 'a client secret for the tests'.replaceAll(' ', '')
const otherSecret = 'another client secret for them'.replaceAll(' ', '')

exerciseSource(shopify, {
  accepts: [
    {
      fixture: 'fixtures/orders-create.json',
      gives: { type: 'shopify.orders.create', subject: 'orchard.myshopify.example', dedupeKey: 'msg_1' },
    },
    { fixture: 'fixtures/app-uninstalled.json', event: 'app/uninstalled', gives: { type: 'shopify.app.uninstalled' } },
  ],
  secret,
  otherSecret,
  sign: sender.sign,
  proof: { headers: ['x-shopify-hmac-sha256'], encoding: 'base64', foreign: [] },
})

describe('Shopify', () => {
  const sdk = shopifyApi({
    apiSecretKey: secret,
    apiVersion: ApiVersion.January26,
    apiKey: 'sample',
    hostName: 'hooks.example',
    isEmbeddedApp: false,
    isTesting: true,
    logger: { level: LogSeverity.Error },
  })

  it('agrees with Shopify’s SDK on what is genuine', async () => {
    for (const event of sender.events) {
      const { body } = sender.sample({ event })
      const headers = sender.sign({ body, secret, nowMs: 0, id: 'x', event })
      const ask = async (rawBody: string) => (await sdk.webhooks.validate({ rawBody, rawRequest: { headers } })).valid
      expect(verify(body, headers), event).toEqual({ kind: 'verified' })
      expect(await ask(Buffer.from(body).toString()), event).toBe(true)
      expect(await ask(`${Buffer.from(body)} `), event).toBe(false)
    }
  })

  it('keeps the webhooks of one action apart, and knows the repeat of one', () => {
    const keyOf = (id: string, event: string, topic: string) => {
      const headers = { 'X-Shopify-Webhook-Id': id, 'X-Shopify-Event-Id': event, 'X-Shopify-Topic': topic }
      return parse('{}', headers)?.dedupeKey
    }
    expect(keyOf('w1', 'e1', 'orders/create')).toBe('w1')
    expect(keyOf('w2', 'e1', 'orders/paid')).toBe('w2')
  })

  it('takes the body’s hash for a key, and no subject, when the headers are missing or odd', () => {
    expect(parse('{"hello":"world"}', {})).toEqual({
      dedupeKey: 'sha256:93a23971a914e5eacbf0a8d25154cda309c3c1c72fbb9914d47c60f3cb681588',
      type: 'shopify.unknown',
      subject: null,
      data: '{"hello":"world"}',
    })
    const odd = {
      'x-shopify-webhook-id': 'x'.repeat(10_000),
      'x-shopify-topic': '../../etc',
      'x-shopify-shop-domain': 'x'.repeat(10_000),
    }
    expect(parse('{}', odd)).toMatchObject({ type: 'shopify.unknown', subject: null })
  })

  it('takes client secrets, and knows access tokens that are none', () => {
    expect(shopify.checkSecret(['shpat', 'x'.repeat(32)].join('_'))).toContain('access token')
    expect(shopify.checkSecret(['shpss', '0a'.repeat(16)].join('_'))).toBeUndefined()
    expect(shopify.checkSecret('0a'.repeat(16))).toBeUndefined()
    expect(shopify.checkSecret('short')).toContain('at least 16')
  })
})

function verify(body: Uint8Array, headers: Record<string, string>) {
  return shopify.verify(requestOf(body, headers), { secrets: [secret], now: 0, config: {} })
}

function parse(text: string, headers: Record<string, string>) {
  return shopify.parse(readable(requestOf(Buffer.from(text), headers)), {})[0]
}
