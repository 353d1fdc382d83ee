import { jsonSamples, type Sender } from './sender.ts'

/**
 * A sender of CloudEvents in the structured mode, with the secret as a bearer token, or without one.
 * https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md#3-authorization
 */
export const cloudevents: Sender = {
  kind: 'cloudevents',
  title: 'CloudEvents',
  ...jsonSamples('CloudEvents', {
    'example.shop.order.created': ({ id, nowMs }) =>
      eventOf('example.shop.order.created', id, nowMs, { order: 1001, total: 49 }),
    'example.shop.order.paid': ({ id, nowMs }) =>
      eventOf('example.shop.order.paid', id, nowMs, { order: 1001, paid: 49 }),
    'example.shop.order.sent': ({ id, nowMs }) =>
      eventOf('example.shop.order.sent', id, nowMs, { order: 1001, by: 'post' }),
  }),
  sign: ({ secret }) => ({
    'content-type': 'application/cloudevents+json; charset=utf-8',
    'webhook-request-origin': 'shop.example',
    ...(secret === '' ? {} : { authorization: `Bearer ${secret}` }),
  }),
}

function eventOf(type: string, id: string, nowMs: number, data: object): object {
  return {
    specversion: '1.0',
    type,
    source: 'https://shop.example/orders',
    subject: 'order-1001',
    id,
    time: new Date(nowMs).toISOString(),
    datacontenttype: 'application/json',
    data,
  }
}
