import { createHmac } from 'node:crypto'
import { jsonSamples, type Sender } from './sender.ts'

/**
 * OpenAI signs `<id>.<seconds>.<body>` as Standard Webhooks say, with the bytes that its secret stands for: base64 after
 * `whsec_`. https://developers.openai.com/api/docs/guides/webhooks
 */
export const openai: Sender = {
  kind: 'openai',
  title: 'OpenAI',
  ...jsonSamples('OpenAI', {
    ...tellingOf('resp', 'response.completed', 'response.failed', 'response.cancelled', 'response.incomplete'),
    ...tellingOf('batch', 'batch.completed', 'batch.failed', 'batch.cancelled', 'batch.expired'),
    ...tellingOf('ftjob', 'fine_tuning.job.succeeded', 'fine_tuning.job.failed', 'fine_tuning.job.cancelled'),
    ...tellingOf('evalrun', 'eval.run.succeeded', 'eval.run.failed', 'eval.run.canceled'),
    'realtime.call.incoming': (wanted) => eventOf('realtime.call.incoming', incomingCall(wanted.id), wanted),
  }),
  sign: ({ body, secret, nowMs, id }) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
    const seconds = Math.floor(nowMs / 1000)
    const signature = createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest('base64')
    return {
      'content-type': 'application/json',
      'user-agent': 'OpenAI/1.0 (+https://platform.openai.com/docs/webhooks)',
      'webhook-id': id,
      'webhook-timestamp': String(seconds),
      'webhook-signature': `v1,${signature}`,
    }
  },
}

/** What was asked of a sample. */
interface Asked {
  /** The delivery's: `wh_` and what the other ids are made of here. */
  id: string
  nowMs: number
}

/** Samples of the events that name what they are about by its id, and say no more. */
function tellingOf(prefix: string, ...types: string[]): Record<string, (asked: Asked) => object> {
  return Object.fromEntries(
    types.map((type) => [type, (asked) => eventOf(type, { id: `${prefix}_${bare(asked.id)}` }, asked)]),
  )
}

function eventOf(type: string, data: object, { id, nowMs }: Asked): object {
  return { id: `evt_${bare(id)}`, object: 'event', created_at: Math.floor(nowMs / 1000), type, data }
}

const incomingCall = (id: string) => ({
  call_id: `rtc_${bare(id)}`,
  sip_headers: [
    { name: 'From', value: 'sip:+14255550112@sip.example' },
    { name: 'To', value: 'sip:+18005550112@sip.example' },
    { name: 'Call-ID', value: bare(id) },
  ],
})

const bare = (id: string): string => id.replace(/^wh_/, '')
