import { createHmac } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'

/**
 * Shopify signs the body alone; the topic, the shop and the ids stand in headers that no signature covers.
 * https://shopify.dev/docs/apps/build/webhooks/verify-deliveries
 */
export const shopify: Sender = {
  kind: 'shopify',
  title: 'Shopify',
  ...jsonSamples('Shopify', {
    'orders/create': ({ nowMs }) => order(nowMs, 'pending'),
    'orders/paid': ({ nowMs }) => order(nowMs, 'paid'),
    'products/update': ({ nowMs }) => ({
      id: 9554194432293,
      admin_graphql_api_id: 'gid://shopify/Product/9554194432293',
      title: 'Pear tree “Köstliche von Charneux”',
      status: 'active',
      updated_at: new Date(nowMs).toISOString(),
      variants: [{ id: 47500000000001, title: 'Default Title', price: '29.90', sku: 'PEAR-1', inventory_quantity: 12 }],
    }),
    'app/uninstalled': () => ({
      id: 61000000001,
      name: 'Orchard',
      domain: 'orchard.example',
      myshopify_domain: 'orchard.myshopify.example',
      country: 'DE',
      currency: 'EUR',
    }),
  }),
  sign: ({ body, secret, nowMs, id, event = 'orders/create' }) => ({
    'content-type': 'application/json',
    'user-agent': 'Shopify-Captain-Hook',
    'x-shopify-api-version': '2026-10',
    'x-shopify-event-id': `event-of-${id}`,
    'x-shopify-hmac-sha256': createHmac('sha256', secret).update(body).digest('base64'),
    'x-shopify-shop-domain': 'orchard.myshopify.example',
    'x-shopify-topic': event,
    'x-shopify-triggered-at': new Date(nowMs).toISOString(),
    'x-shopify-webhook-id': id,
  }),
}

function order(nowMs: number, status: string): unknown {
  return {
    id: 5800000000042,
    admin_graphql_api_id: 'gid://shopify/Order/5800000000042',
    name: '#1042',
    email: 'marta@orchard.example',
    created_at: new Date(nowMs).toISOString(),
    currency: 'EUR',
    financial_status: status,
    total_price: '59.80',
    line_items: [{ id: 13900000000001, title: 'Pear tree', quantity: 2, price: '29.90', sku: 'PEAR-1' }],
    customer: { id: 7200000000007, first_name: 'Marta', last_name: 'König' },
  }
}
