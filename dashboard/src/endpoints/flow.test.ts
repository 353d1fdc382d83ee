import type { EndpointFlow } from '@trunkline/sdk'
import { expect, it } from 'vitest'
import { hindrances } from './flow.ts'

const well: EndpointFlow = {
  breaker: 'closed',
  nextProbeAt: null,
  heldUntil: null,
  allowedAtOnce: 50,
  failingSince: null,
}
const at = '2026-05-01T12:00:00.000Z'
const later = '2026-05-01T12:00:30.000Z'

it('says nothing of an endpoint to which all goes well', () => {
  expect(hindrances(well, 50)).toEqual([])
})

it('says that the breaker is open and when one delivery is tried, not that there is room for one', () => {
  const open: EndpointFlow = { ...well, breaker: 'open', nextProbeAt: later, allowedAtOnce: 1, failingSince: at }
  expect(hindrances(open, 50)).toEqual([
    { words: 'Its breaker is open: too much has failed, so its queue waits. One delivery is tried', due: later },
    { words: 'Nothing has succeeded since a failure', since: at },
  ])
})

it('says until when it is held after a 429, and how many it gets at once', () => {
  expect(hindrances({ ...well, heldUntil: later, allowedAtOnce: 12 }, 50)).toEqual([
    { words: 'It has answered 429, and is called again', due: later },
    { words: 'It is slow or fails: for now it gets at most 12 at once' },
  ])
})
