import { describe, expect, it } from 'vitest'
import { publishEvent } from '../../events/append.ts'
import type { RegisteredType } from '../../events/types/event-type-store.ts'
import { deleteEventType, registerEventTypes, replaceEventType } from '../../events/types/keep-event-type.ts'
import type { Bench } from './opened.ts'
import { makeEvent, t0 } from './rows.ts'

/** The types of event that a workspace describes itself. */
export function exerciseEventTypes(at: Bench): void {
  const make = (workspaceId: string, type: string, over: Partial<RegisteredType> = {}): RegisteredType => ({
    workspaceId,
    type,
    description: 'Something happened.',
    schema: '{"type":"object"}',
    validation: 'off',
    example: '{"n":1.0}',
    createdAt: t0,
    updatedAt: t0,
    ...over,
  })
  const register = (...types: RegisteredType[]) => at.storage.commit(registerEventTypes, { types })
  const newsOf = async (workspaceId: string) =>
    (
      await at.storage.reads.log.listEvents(
        workspaceId,
        { type: 'trunkline.event-type.*' },
        { after: null, limit: 100 },
      )
    ).rows
      .map(({ type, subject }) => [type.replace('trunkline.event-type.', ''), subject])
      .reverse()

  describe('registered types of event', () => {
    it('are kept to the letter, changed, and forgotten, each with news', async () => {
      const workspaceId = await at.workspace()
      const made = make(workspaceId, 'a.b', { schema: null, example: null })
      expect(await register(made)).toEqual(['a.b'])
      const { eventTypes } = at.storage.reads
      expect(await eventTypes.read(workspaceId, 'a.b')).toEqual(made)
      const changes = make(workspaceId, 'a.b', { validation: 'reject', createdAt: t0 + 5, updatedAt: t0 + 5 })
      const changed = { ...changes, createdAt: t0 }
      expect(await at.storage.commit(replaceEventType, { type: changes })).toEqual(changed)
      expect(await eventTypes.read(workspaceId, 'a.b')).toEqual(changed)
      await at.storage.commit(deleteEventType, { workspaceId, type: 'a.b', now: t0 })
      expect(await eventTypes.read(workspaceId, 'a.b')).toBeUndefined()
      for (const again of [
        () => at.storage.commit(deleteEventType, { workspaceId, type: 'a.b', now: t0 }),
        () => at.storage.commit(replaceEventType, { type: changes }),
      ]) {
        await expect(again()).rejects.toMatchObject({ code: 'NOT_FOUND' })
      }
      expect(await newsOf(workspaceId)).toEqual(['registered', 'updated', 'deleted'].map((what) => [what, 'a.b']))
    })

    it('that are there already stay as they are when others are registered', async () => {
      const workspaceId = await at.workspace()
      await register(make(workspaceId, 'b', { validation: 'warn' }))
      expect(await register(make(workspaceId, 'a'), make(workspaceId, 'b'), make(workspaceId, 'c'))).toEqual(['a', 'c'])
      const { eventTypes } = at.storage.reads
      const all = await eventTypes.list(workspaceId, { after: null, limit: 10 })
      expect(all.map(({ type, validation }) => [type, validation])).toEqual([
        ['a', 'off'],
        ['b', 'warn'],
        ['c', 'off'],
      ])
      expect((await eventTypes.list(workspaceId, { after: 'a', limit: 1 })).map(({ type }) => type)).toEqual(['b'])
      expect(await eventTypes.checked(workspaceId)).toEqual([{ type: 'b', validation: 'warn', updatedAt: t0 }])
      expect(await at.inside.eventTypes.count(workspaceId)).toBe(3)
      expect(await newsOf(workspaceId)).toHaveLength(3)
    })

    it('are one when two register the same at once', async () => {
      const workspaceId = await at.workspace()
      const made = await Promise.all(Array.from({ length: 8 }, () => register(make(workspaceId, 'one'))))
      expect(made.flat()).toEqual(['one'])
      expect(await newsOf(workspaceId)).toHaveLength(1)
    })

    it('are at most a thousand in a workspace, and what goes beyond leaves nothing', async () => {
      const workspaceId = await at.workspace()
      await at.sql(
        `INSERT INTO event_types (workspace_id, type, description, validation, created_at, updated_at)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
         SELECT id, 't.' || i, '', 'off', 0, 0 FROM n, workspaces WHERE id = ?`,
        workspaceId,
      )
      const before = (await newsOf(workspaceId)).length
      await expect(register(make(workspaceId, 'one.more'))).rejects.toMatchObject({ code: 'CONFLICT' })
      expect(await at.storage.reads.eventTypes.read(workspaceId, 'one.more')).toBeUndefined()
      expect((await newsOf(workspaceId)).length).toBe(before)
    })

    it('of another workspace are neither read nor changed', async () => {
      const [owner, other] = [await at.workspace(), await at.workspace()]
      await register(make(owner, 'a.b'))
      const { eventTypes } = at.storage.reads
      expect(await eventTypes.read(other, 'a.b')).toBeUndefined()
      expect(await eventTypes.list(other, { after: null, limit: 10 })).toEqual([])
      expect(await eventTypes.checked(other)).toEqual([])
      expect(await at.inside.eventTypes.replace(make(other, 'a.b', { description: 'Mine now.' }))).toBe(false)
      expect(await at.inside.eventTypes.remove(other, 'a.b')).toBe(false)
      expect(await eventTypes.read(owner, 'a.b')).toEqual(make(owner, 'a.b'))
    })
  })

  it('an event that does not fit its type carries the warning, the others of its group none', async () => {
    const workspaceId = await at.workspace()
    const events = [0, 1, 2].map(() => makeEvent({ workspaceId }))
    await Promise.all(
      events.map((event, n) =>
        at.storage.commit(publishEvent, n === 1 ? { ...event, warning: 'must be string' } : event),
      ),
    )
    const { log } = at.storage.reads
    const read = await Promise.all(events.map(({ id }) => log.readEvent(workspaceId, id)))
    expect(read.map((event) => event?.warning)).toEqual([undefined, 'must be string', undefined])
    const [list] = [(await log.listEvents(workspaceId, {}, { after: null, limit: 10 })).rows]
    expect(list.filter(({ warning }) => warning !== undefined).map(({ id }) => id)).toEqual([events[1]?.id])
  })
}
