import type { Delivery } from '@trunkline/sdk'
import { describe, expect, it } from 'vitest'
import { deliveryCauses } from '../../../server/src/outbound/delivery/delivery-causes.ts'
import { causeInWords } from './causes.ts'
import { outlook } from './outlook.ts'

const delivery: Delivery = {
  id: 'dlv_1',
  endpointId: 'ep_1',
  eventId: 'evt_1',
  eventType: 'github.push',
  customer: null,
  orderKey: null,
  status: 'pending',
  attempts: 0,
  nextAttemptAt: '2026-11-22T06:00:00.000Z',
  cause: null,
  explanation: null,
  advice: null,
  createdAt: '2026-11-22T05:00:00.000Z',
  endedAt: null,
}

describe('the outlook of a delivery', () => {
  it('tells when the first attempt is made', () => {
    expect(outlook(delivery, 'active')).toEqual({ mark: '→', words: 'first attempt', at: delivery.nextAttemptAt })
  })

  it('tells what has gone wrong, how often, and when it is tried again', () => {
    expect(outlook({ ...delivery, attempts: 3, cause: 'CONNECT_REFUSED' }, 'active')).toEqual({
      mark: '↻',
      words: 'nothing listens on that port · 3 attempts, next',
      at: delivery.nextAttemptAt,
    })
  })

  it('names no time while the endpoint is paused', () => {
    const { words, at } = outlook({ ...delivery, attempts: 1, cause: 'SERVER_ERROR' }, 'paused')
    expect({ words, at }).toEqual({
      words: 'failed with a 5xx status · 1 attempt, kept until the endpoint is resumed',
      at: null,
    })
  })

  it('tells how a delivery has ended', () => {
    const words = (more: Partial<Delivery>) => outlook({ ...delivery, nextAttemptAt: null, ...more }, 'active').words
    expect(words({ status: 'success', attempts: 1 })).toBe('delivered')
    expect(words({ status: 'success', attempts: 4 })).toBe('delivered after 4 attempts')
    expect(words({ status: 'failed', attempts: 10, cause: 'TLS_EXPIRED' })).toBe(
      'the certificate has expired, given up after 10 attempts',
    )
    expect(words({ status: 'failed', attempts: 0, cause: 'ENDPOINT_DELETED' })).toBe('the endpoint was deleted')
    expect(words({ status: 'waiting' })).toBe('behind an earlier one with the same key')
  })
})

describe('the words for causes', () => {
  it('cover every cause of the server', () => {
    for (const cause of Object.keys(deliveryCauses)) {
      expect(causeInWords(cause), cause).not.toBe(cause.toLowerCase().replaceAll('_', ' '))
    }
  })

  it('fall back on the code, also for names that every object has', () => {
    expect(causeInWords('BODY_TOO_STRANGE')).toBe('body too strange')
    expect(causeInWords('constructor')).toBe('constructor')
  })
})
