import { expect, it } from 'vitest'
import { defaultWorkspaceId, timeOfId } from '../base/id.ts'
import { isEventType } from './event.ts'
import { ownEvent } from './own-event.ts'

it('is news of the server: its type says so, and nobody repeats it', () => {
  const now = 1_700_000_000_000
  const event = ownEvent({
    workspaceId: defaultWorkspaceId,
    customer: 'acme',
    type: 'endpoint.disabled',
    subject: 'ep_1',
    data: { id: 'ep_1', reason: 'Zoë said "no"' },
    now,
  })
  expect(event).toMatchObject({
    type: 'trunkline.endpoint.disabled',
    customer: 'acme',
    subject: 'ep_1',
    sourceId: null,
    requestId: null,
    dedupe: null,
    receivedAt: now,
  })
  expect(isEventType(event.type)).toBe(true)
  expect(JSON.parse(event.data ?? '')).toEqual({ id: 'ep_1', reason: 'Zoë said "no"' })
  expect(timeOfId('event', event.id)).toBe(now)
})

it.each(['a', 'github.push', 'a:b/c_d-e.f', '0', '_x', 'A.B'])('%j can be a type', (text) => {
  expect(isEventType(text)).toBe(true)
})

it.each(['', '.a', '-a', 'a b', 'a\n', 'é', 'a*', 'a\0', `a${'b'.repeat(191)}`])('%j cannot be a type', (text) => {
  expect(isEventType(text)).toBe(false)
})
