import { describe, expect, it } from 'vitest'
import { defaultWorkspaceId } from '../../base/id.ts'
import type { EventHead } from '../../events/event.ts'
import type { Target } from '../endpoint/endpoint-store.ts'
import { checkPattern, matchesType, wants } from './match.ts'

describe('an event type filter', () => {
  it.each([
    'a',
    'github.push',
    'github.*',
    'a.b.c.*',
    '**',
    'trunkline.*',
    'trunkline.endpoint.disabled',
    'a:b/c_d-e.*',
    'A1.*',
  ])('may be %s', (pattern) => {
    expect(checkPattern(pattern)).toBeUndefined()
  })

  it.each([
    '',
    '*',
    '.*',
    '***',
    '**.a',
    'a.**',
    'a.*.b',
    '*.a',
    'a*',
    'a.* ',
    ' a',
    'a b',
    '.a',
    'ä.*',
    'a\n',
    'a\0',
    'x'.repeat(192),
    '%',
  ])('may not be %j', (pattern) => {
    expect(checkPattern(pattern)).toMatch(/is not an event type/)
  })

  it('that is refused is not repeated at any length', () => {
    expect(checkPattern('*'.repeat(10_000))?.length).toBeLessThan(200)
  })

  it.each([
    ['github.push', 'github.push', true],
    ['github.push', 'github.pushed', false],
    ['github.push', 'github.push.again', false],
    ['github.push', 'GitHub.push', false],
    ['github.*', 'github.push', true],
    ['github.*', 'github.pull_request.opened', true],
    ['github.*', 'github', false],
    ['github.*', 'githubby.push', false],
    ['github.pull.*', 'github.push', false],
    ['**', 'anything.at.all', true],
    ['**', 'trunkline.endpoint.disabled', false],
    ['**', 'trunkline.', false],
    ['**', 'trunkliner.a', true],
    ['**', 'a.trunkline.b', true],
    ['trunkline.*', 'trunkline.endpoint.disabled', true],
    ['trunkline.endpoint.disabled', 'trunkline.endpoint.disabled', true],
    ['t.*', 'trunkline.endpoint.disabled', false],
  ])('%s, event %s: %s', (pattern, type, isMeant) => {
    expect(matchesType(pattern, type)).toBe(isMeant)
  })
})

describe('an endpoint', () => {
  const target: Target = {
    id: 'ep_1',
    workspaceId: defaultWorkspaceId,
    customer: null,
    eventTypes: ['a.*', 'b.c'],
    afterSeq: 10,
    resourceTypes: null,
    filter: null,
    ordering: 'none',
  }
  const event: EventHead = {
    seq: 11,
    id: 'evt_1',
    workspaceId: defaultWorkspaceId,
    customer: null,
    sourceId: null,
    requestId: null,
    type: 'a.b',
    subject: null,
    orderKey: null,
    receivedAt: 0,
  }

  it('gets what one of its filters means', () => {
    expect(wants(target, event)).toBe(true)
    expect(wants(target, { ...event, type: 'b.c' })).toBe(true)
    expect(wants(target, { ...event, type: 'c.d' })).toBe(false)
    expect(wants({ ...target, eventTypes: [] }, event)).toBe(false)
  })

  it('gets only events of the kinds of thing it asked for', () => {
    const kinds = { ...target, eventTypes: ['**'], resourceTypes: ['invoice', 'order'] }
    for (const type of ['invoice.paid', 'order.line.added', 'order'])
      expect(wants(kinds, { ...event, type })).toBe(true)
    for (const type of ['invoices.paid', 'inv', 'paid.invoice', 'Order.x'])
      expect(wants(kinds, { ...event, type })).toBe(false)
  })

  it('gets only events that came after it', () => {
    expect(wants(target, { ...event, seq: 10 })).toBe(false)
    expect(wants(target, { ...event, seq: 9 })).toBe(false)
  })

  it('of a customer gets only the events of that customer', () => {
    const customers = { ...target, customer: 'acme' }
    expect(wants(customers, { ...event, customer: 'acme' })).toBe(true)
    expect(wants(customers, { ...event, customer: 'Acme' })).toBe(false)
    expect(wants(customers, event)).toBe(false)
  })

  it('of no customer gets the events of every customer', () => {
    expect(wants(target, { ...event, customer: 'acme' })).toBe(true)
  })
})
