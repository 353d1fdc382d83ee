import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { publishEvent } from '../../events/append.ts'
import type { Advanced } from '../../events/follow/follow.ts'
import { beat, leave } from '../../jobs/process.ts'
import { advance, noting } from './commands.ts'
import type { Bench } from './opened.ts'
import { beatOf, makeEvent, t0 } from './rows.ts'

/** Followers: each event in order, by one process at a time, and never held up by one that cannot be handled. */
export function exerciseFollowers(at: Bench): void {
  describe('followers', () => {
    const now = t0
    const process = async () => {
      const id = newId('process', now)
      await at.storage.commit(beat, beatOf(id))
      return id
    }
    const move = async (owner: string, limit = 100): Promise<Advanced> => {
      const upTo = await at.storage.settledUpTo()
      return at.storage.commit(advance, { follower: noting.name, owner, upTo, limit, now })
    }
    const publish = async (types: readonly string[]) => {
      const workspaceId = await at.workspace()
      const events = types.map((type) => makeEvent({ workspaceId, type, subject: `about ${type}` }))
      for (const event of events) await at.storage.commit(publishEvent, event)
      return events
    }
    const notedOf = async (events: readonly { id: string }[]): Promise<boolean[]> => {
      const rows = await at.sql("SELECT name FROM keyring WHERE name LIKE 'noted %'")
      const names = new Set(rows.map(({ name }) => name))
      return events.map(({ id }) => names.has(`noted ${id}`))
    }

    it('handles events in order, batch by batch, and ends when there are none', async () => {
      const owner = await process()
      const events = await publish(['a', 'b', 'c', 'd', 'e'])
      const first = await move(owner, 3)
      expect(first).toMatchObject({ isElsewhere: false, read: 3, parked: 0, made: 3 })
      expect(first.lanes).toEqual(events.slice(0, 3).map(({ id }) => id))
      expect((await move(owner, 3)).lanes).toEqual(events.slice(3).map(({ id }) => id))
      expect(await move(owner)).toMatchObject({ read: 0, made: 0, lanes: [] })
      expect(await notedOf(events)).toEqual(events.map(() => true))
      await at.storage.commit(leave, { processId: owner })
    })

    it('belongs to one process at a time, until that one is dead', async () => {
      const [one, two] = [await process(), await process()]
      const [event] = await publish(['a'])
      expect(await move(one)).toMatchObject({ isElsewhere: false, read: 1 })
      expect(await move(two)).toMatchObject({ isElsewhere: true, read: 0 })
      await at.storage.commit(beat, beatOf(two, [{ id: one, beats: 1 }]))
      await publish(['b'])
      expect(await move(two)).toMatchObject({ isElsewhere: false, read: 1 })
      await at.storage.commit(beat, beatOf(one))
      expect(await move(one)).toMatchObject({ isElsewhere: true })
      await at.storage.commit(leave, { processId: two })
      expect(await move(one)).toMatchObject({ isElsewhere: false, read: 0 })
      expect(await notedOf(event ? [event] : [])).toEqual([true])
      await at.storage.commit(leave, { processId: one })
    })

    it('is taken by one of many that ask at once', async () => {
      const owners = await Promise.all(Array.from({ length: 8 }, process))
      const taken = await Promise.all(owners.map((owner) => at.inside.followers.take('a new one', owner)))
      const holders = taken.filter((state) => state !== undefined)
      expect(holders).toHaveLength(1)
      expect(holders[0]).toMatchObject({ cursor: 0, generation: 1 })
      const owner = owners[taken.findIndex((state) => state !== undefined)] ?? ''
      expect(await at.inside.followers.take('a new one', owner)).toMatchObject({ owner, generation: 1 })
    })

    it('is not moved by a process that has lost it', async () => {
      const { followers } = at.inside
      const [one, two] = [await process(), await process()]
      const before = await followers.take('handed on', one)
      await at.storage.commit(leave, { processId: one })
      const after = await followers.take('handed on', two)
      expect(after?.generation).toBe((before?.generation ?? 0) + 1)
      expect(await followers.move('handed on', before?.generation ?? 0, 7)).toBe(false)
      expect(await followers.move('handed on', after?.generation ?? 0, 5)).toBe(true)
      expect(await followers.take('handed on', two)).toMatchObject({ cursor: 5, owner: two })
      expect(await followers.move('never heard of', 0, 1)).toBe(false)
    })

    for (const poison of ['poison.thrown', 'poison.statement']) {
      it(`sets aside an event that cannot be handled (${poison}), and goes on with the others`, async () => {
        const owner = await process()
        await move(owner)
        const events = await publish(['a', poison, 'b', poison, 'c'])
        const moved = await move(owner)
        expect(moved).toMatchObject({ read: 5, parked: 2, made: 3 })
        expect(moved.lanes).toEqual([events[0]?.id, events[2]?.id, events[4]?.id])
        // What a failed one had written before it failed is undone.
        expect(await notedOf(events)).toEqual([true, false, true, false, true])
        const parked = await at.sql('SELECT * FROM parked WHERE event_id = ?', events[1]?.id ?? '')
        expect(parked).toHaveLength(1)
        expect(parked[0]).toMatchObject({ follower: noting.name, workspace_id: events[1]?.workspaceId })
        expect(parked[0]).toMatchObject({ subject: `about ${poison}`, state: 'retrying', event_type: poison })
        expect(Number(parked[0]?.due_at)).toBeGreaterThan(now)
        if (poison === 'poison.thrown') expect(parked[0]?.error).toBe(`Error: cannot handle "${events[1]?.id}"`)
        expect((await move(owner)).read).toBe(0)
        await at.storage.commit(leave, { processId: owner })
      })
    }

    it('parks nothing while the database is gone, and keeps its place', async () => {
      const owner = await process()
      await move(owner)
      const events = await publish(['a', 'outage'])
      await expect(move(owner)).rejects.toMatchObject({ name: 'StoreUnavailable' })
      expect(await notedOf(events)).toEqual([false, false])
      expect(await at.sql('SELECT seq FROM parked WHERE event_id = ?', events[1]?.id ?? '')).toEqual([])
      await at.sql("UPDATE events SET type = 'over' WHERE type = 'outage'")
      expect(await move(owner)).toMatchObject({ read: 2, parked: 0 })
      await at.storage.commit(leave, { processId: owner })
    })

    it('reads no further than the log is settled', async () => {
      const owner = await process()
      await move(owner)
      const [first, second] = await publish(['a', 'b'])
      const seqOf = async (event: typeof first) =>
        (await at.storage.reads.log.readEvent(event?.workspaceId ?? '', event?.id ?? ''))?.seq ?? 0
      const call = { follower: noting.name, owner, limit: 100, now }
      const upTo = await seqOf(first)
      expect(upTo).toBeLessThanOrEqual(await at.storage.settledUpTo())
      expect(await at.storage.commit(advance, { ...call, upTo })).toMatchObject({ read: 1, lanes: [first?.id] })
      expect(await at.storage.commit(advance, { ...call, upTo })).toMatchObject({ read: 0 })
      expect(await move(owner)).toMatchObject({ read: 1, lanes: [second?.id] })
    })
  })
}
