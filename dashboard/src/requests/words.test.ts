import { describe, expect, it } from 'vitest'
import { causes } from '../../../server/src/inbound/quarantine/causes.ts'
import { whereabouts } from './events.ts'
import { causeInWords, knownCauses, standingOf } from './words.ts'

describe('how a request is said to have ended', () => {
  it('has a sign of its own for what was refused, what came again, and what is genuine but came to nothing', () => {
    expect(standingOf({ verdict: 'verified', cause: null }).mark).toBe('✓')
    expect(standingOf({ verdict: 'unsigned', cause: null }).mark).toBe('○')
    expect(standingOf({ verdict: 'duplicate', cause: 'BODY_DIFFERS' }).mark).toBe('↺')
    expect(standingOf({ verdict: 'quarantined', cause: 'STALE' }).mark).toBe('✕')
    expect(standingOf({ verdict: 'verified', cause: 'UNPARSABLE' }).mark).toBe('!')
  })

  it('has words for every cause of the server, and the code for one that this page does not know', () => {
    expect([...knownCauses].sort()).toEqual(Object.keys(causes).sort())
    expect(causeInWords('BODY_TOO_STRANGE')).toBe('body too strange')
    expect(causeInWords('constructor')).toBe('constructor')
  })
})

it('says where the deliveries of an event are', () => {
  const event = { id: 'evt_1', type: 'a', subject: null, customer: null, isFannedOut: true }
  const none = { pending: 0, waiting: 0, success: 0, failed: 0 }
  expect(whereabouts({ ...event, deliveries: { ...none, success: 2, failed: 1 } })).toBe('2 delivered, 1 failed')
  expect(whereabouts({ ...event, deliveries: none })).toBe('no endpoint asked for it')
  expect(whereabouts({ ...event, isFannedOut: false, deliveries: none })).toBe('not handed on yet')
})
