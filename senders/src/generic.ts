import { jsonSamples, type Sender } from './sender.ts'

/** A sender that signs nothing: knowing the URL is all. */
export const generic: Sender = {
  kind: 'generic',
  title: 'Generic',
  ...jsonSamples('Generic', {
    event: ({ nowMs }) => ({ message: 'The pears are ripe', at: new Date(nowMs).toISOString() }),
    'basket.filled': ({ nowMs }) => ({
      type: 'basket.filled',
      basket: { id: 'bsk_7', pears: 12 },
      at: new Date(nowMs).toISOString(),
    }),
  }),
  sign: ({ id }) => ({ 'content-type': 'application/json', 'idempotency-key': id }),
}
