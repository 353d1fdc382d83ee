import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { type DeliveryCause, type DeliveryExplanation, deliveryCauses, isCharged, isOurs } from './delivery-causes.ts'

const page = readFileSync(new URL('../../../../docs/delivery-causes.md', import.meta.url), 'utf8')
const all = Object.entries(deliveryCauses) as [DeliveryCause, DeliveryExplanation][]

describe('every cause', () => {
  it.each(all)('%s says what it means and what to do, in one sentence each, here and in the docs', (cause, each) => {
    for (const text of [each.meaning, each.advice]) expect(text).toMatch(/^[A-Z][^.]*(\.\w[^.]*)*\.$/)
    expect(page).toContain(`| \`${cause}\` | ${each.meaning} | ${each.advice} |`)
  })

  it('is charged to the endpoint only when the receiver failed', () => {
    const charged = (list: readonly DeliveryCause[]) => list.map(isCharged)
    expect(charged(['SERVER_ERROR', 'CONNECT_REFUSED', 'RATE_LIMITED', 'TLS_EXPIRED'])).not.toContain(false)
    expect(charged(['PROXY_ERROR', 'STOPPED', 'REQUEST_INVALID', 'ENDPOINT_DISABLED', 'LOOP'])).not.toContain(true)
    expect(all.filter(([cause]) => isOurs(cause)).map(([cause]) => cause)).toEqual([
      'REQUEST_INVALID',
      'LOCAL_FAULT',
      'PROXY_ERROR',
      'STOPPED',
    ])
  })
})
