import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Headers } from '../source.ts'
import { standardId, standardWebhooks } from './standard-webhooks.ts'

const key = Buffer.from('thirty-two bytes for these tests')
const body = Buffer.from('{"type":"a.b"}')
const now = 1_769_000_000_000

describe('standardWebhooks', () => {
  it('refuses an odd time even when it was rightly signed', () => {
    for (const time of ['', 'now', '-1769000000', '1769000000.5', '0x69705680', 'NaN', '1769000000 ', '1'.repeat(16)]) {
      expect(judge({ time }), time).toMatchObject({
        cause: 'MALFORMED_SIGNATURE',
        detail: 'header webhook-timestamp is not digits',
      })
    }
    expect(judge({ time: '01769000000' })).toEqual({ kind: 'verified' })
  })

  it('refuses an odd id even when it was rightly signed', () => {
    for (const id of ['', 'msg.1', 'msg 1', 'msg_é', 'msg\n', 'm'.repeat(256)]) {
      expect(judge({ id }), id).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    }
    for (const id of ['m', 'm'.repeat(255), '!"#$%&()*+,-/:;<=>?@[]^_`{|}~'])
      expect(judge({ id })).toEqual({ kind: 'verified' })
  })

  it('passes over what is no right v1 signature, wherever it stands', () => {
    const right = `v1,${sign('msg_1', '1769000000')}`
    for (const sent of [` ${right}`, `${right} `, `v1, ${right}`, `v1,x ${right}`, `v1a,x  ${right}`, `, ${right}`]) {
      expect(judge({ sent }), sent).toEqual({ kind: 'verified' })
    }
    for (const sent of [
      '',
      ' ',
      'v1,',
      'v1',
      right.slice(3),
      `v1a,${right.slice(3)}`,
      `${right},`,
      right.replace(',', ' '),
    ]) {
      expect(judge({ sent }), sent).toMatchObject({ cause: 'MALFORMED_SIGNATURE' })
    }
  })

  it('tells how far away the time is', () => {
    expect(judge({ time: '1768999000' })).toMatchObject({
      cause: 'STALE',
      detail: 'header webhook-timestamp is rightly signed, but its time is 1000 seconds old (300 are allowed)',
    })
    expect(judge({ time: '1769000500' })).toMatchObject({
      cause: 'FROM_FUTURE',
      detail: 'header webhook-timestamp is rightly signed, but its time is 500 seconds in the future (300 are allowed)',
    })
  })

  it('names the headers that the sender uses', () => {
    const judgeAll = (pairs: [string, string][]) => {
      const proof = { secrets: [], now, config: { toleranceSeconds: 300 } }
      return standardWebhooks(
        {
          method: 'POST',
          url: '/',
          address: 'https://hooks.example/',
          isAddressed: true,
          headers: new Headers(pairs),
          body,
        },
        proof,
      )
    }
    expect(judgeAll([])).toMatchObject({ detail: 'header webhook-signature is missing' })
    expect(judgeAll([['svix-id', 'a']])).toMatchObject({ detail: 'header svix-signature is missing' })
    expect(judgeAll([['Svix-Signature', 'a']])).toMatchObject({ detail: 'header svix-id is missing' })
  })
})

describe('standardId', () => {
  it('is the id of the headers that prove the request', () => {
    const headers = (...names: string[]) => new Headers(names.map((name) => [name, name]))
    expect(standardId(headers('webhook-id', 'svix-id', 'svix-signature'))).toBe('svix-id')
    expect(standardId(headers('webhook-id', 'svix-id', 'webhook-signature', 'svix-signature'))).toBe('webhook-id')
    expect(standardId(headers('webhook-signature', 'svix-id'))).toBeUndefined()
  })
})

function sign(id: string, time: string): string {
  return createHmac('sha256', key).update(`${id}.${time}.`, 'latin1').update(body).digest('base64')
}

function judge({ id = 'msg_1', time = '1769000000', sent }: { id?: string; time?: string; sent?: string }) {
  const headers = new Headers([
    ['Webhook-Id', id],
    ['Webhook-Timestamp', time],
    ['Webhook-Signature', sent ?? `v1,${sign(id, time)}`],
  ])
  const proof = { secrets: [`whsec_${key.toString('base64')}`], now, config: { toleranceSeconds: 300 } }
  return standardWebhooks(
    { method: 'POST', url: '/', address: 'https://hooks.example/', isAddressed: true, headers, body },
    proof,
  )
}
