import { defaultWorkspaceId, newId } from '../base/id.ts'
import type { TestStorage } from '../exercise-storage.ts'
import { publishEvent } from './append.ts'
import type { NewEvent } from './event.ts'

/** An event of the tests. */
export function eventOf(more: Partial<NewEvent> = {}): NewEvent {
  return {
    id: newId('event', 1_700_000_000_000),
    workspaceId: defaultWorkspaceId,
    customer: null,
    sourceId: null,
    requestId: null,
    type: 'a.b',
    subject: null,
    orderKey: null,
    data: '{}',
    receivedAt: 1_700_000_000_000,
    dedupe: null,
    ...more,
  }
}

/** Appends one event for each type; answers their ids. */
export async function append({ commit }: TestStorage, ...types: readonly string[]): Promise<string[]> {
  const appended = await Promise.all(types.map((type) => commit(publishEvent, eventOf({ type }))))
  return appended.map((each) => each.id)
}
