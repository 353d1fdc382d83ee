import { z } from 'zod'
import { hmac } from '../../signature/hmac.ts'
import { secretFault } from '../../signature/secret.ts'
import { dedupeKey, defineSource, eventType, subjectOf } from '../../source.ts'

/** https://shopify.dev/docs/apps/build/webhooks/delivery-structure */
export default defineSource({
  kind: 'shopify',
  title: 'Shopify',
  // Shopify names no limit. A product with all of its 2,048 variants is beyond one MiB.
  limits: { bodyBytes: 5 * 1024 * 1024 },
  config: z.strictObject({}),
  checkSecret,
  verify: hmac({ algorithm: 'sha256', header: 'x-shopify-hmac-sha256', encoding: 'base64' }),
  parse: ({ headers, body, json }) => [
    {
      // Not X-Shopify-Event-Id: webhooks of several topics and subscriptions share that one when one action caused them.
      dedupeKey: dedupeKey(headers.get('x-shopify-webhook-id'), body),
      type: eventType('shopify', headers.get('x-shopify-topic')?.replaceAll('/', '.')),
      subject: subjectOf(headers.get('x-shopify-shop-domain')),
      data: json().text,
    },
  ],
  eventTypes: [
    { type: 'shopify.orders.create', description: 'An order was placed.' },
    { type: 'shopify.orders.updated', description: 'Something of an order changed.' },
    { type: 'shopify.orders.paid', description: 'An order was paid.' },
    { type: 'shopify.orders.cancelled', description: 'An order was cancelled.' },
    { type: 'shopify.orders.fulfilled', description: 'All of an order was sent.' },
    { type: 'shopify.refunds.create', description: 'Money was given back.' },
    { type: 'shopify.products.create', description: 'A product was added.' },
    { type: 'shopify.products.update', description: 'Something of a product changed.' },
    { type: 'shopify.products.delete', description: 'A product was removed.' },
    { type: 'shopify.inventory_levels.update', description: 'The stock of a product changed at a place.' },
    { type: 'shopify.customers.create', description: 'A customer was added.' },
    { type: 'shopify.customers.update', description: 'Something of a customer changed.' },
    { type: 'shopify.app.uninstalled', description: 'A shop removed the app.' },
    {
      type: 'shopify.customers.data_request',
      description: 'A customer asks which data the app has; every public app has to answer.',
    },
    {
      type: 'shopify.customers.redact',
      description: 'A customer’s data has to be deleted; every public app has to do so.',
    },
    { type: 'shopify.shop.redact', description: 'A shop’s data has to be deleted; every public app has to do so.' },
  ],
})

function checkSecret(secret: string): string | undefined {
  if (/^shp(at|ca|pa|ua)_/.test(secret)) {
    return 'the secret is an access token; the one that signs is the app’s client secret'
  }
  return secretFault(secret, 16)
}
