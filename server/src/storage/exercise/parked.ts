import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { publishEvent } from '../../events/append.ts'
import { never, type ParkedEvent } from '../../events/follow/parked.ts'
import { dismissParked } from '../../events/follow/rerun.ts'
import { beat, leave } from '../../jobs/process.ts'
import { advance, noting, rerun, retry } from './commands.ts'
import type { Bench } from './opened.ts'
import { beatOf, makeEvent, makeParked, t0 } from './rows.ts'

const follower = noting.name
const mended = "UPDATE events SET type = 'mended' WHERE type = 'poison.thrown'"

/** Events beside a cursor: tried again, waited for within their subject and nowhere else, and run again on demand. */
export function exerciseParked(at: Bench): void {
  describe('events beside a cursor', () => {
    const row = (more: Partial<ParkedEvent>) => makeParked({ follower: 'rows', ...more })

    it('are kept, read and listed, each workspace its own', async () => {
      const { followers } = at.inside
      const workspaceId = await at.workspace()
      const mine = [
        row({ workspaceId, seq: 11, eventType: 'a.c', createdAt: t0 + 1 }),
        row({ workspaceId, seq: 12, state: 'waiting', dueAt: never, afterGap: 7, cause: null }),
        row({ workspaceId, seq: 13, subject: null, state: 'dismissed', endedAt: t0 + 5 }),
        row({ workspaceId, seq: 13, follower: 'rows 2', eventType: null }),
      ]
      await followers.park([...mine, row({ workspaceId: await at.workspace(), seq: 14 })])
      await followers.park(mine.map((each) => ({ ...each, error: 'never kept' })))
      await followers.park([])
      const reads = at.storage.reads.followers
      const list = (filter = {}, limit = 9, after: string | null = null) =>
        reads.listParked(workspaceId, filter, { after, limit })
      expect(await list()).toEqual([mine[3], mine[2], mine[1], mine[0]])
      expect(await list({}, 2)).toEqual([mine[3], mine[2]])
      expect(await list({}, 9, '13.rows 2')).toEqual([mine[2], mine[1], mine[0]])
      expect(await list({ follower: 'rows 2' })).toEqual([mine[3]])
      expect(await list({ state: 'waiting', subject: 's' })).toEqual([mine[1]])
      expect(await list({ eventType: 'a.c' })).toEqual([mine[0]])
      expect(await list({ eventType: 'a.*', cause: 'HANDLER_THREW' })).toEqual([mine[2], mine[0]])
      expect(await list({ from: t0 + 1, to: t0 + 2 })).toEqual([mine[0]])
      expect(await followers.parkedAfter(workspaceId, {}, { after: '12.rows', limit: 9 })).toEqual([mine[2], mine[3]])
      const [first] = mine
      const eventId = first?.eventId ?? ''
      expect(await reads.readParked(workspaceId, 'rows', eventId)).toEqual(first)
      expect(await reads.readParked(workspaceId, 'rows 2', eventId)).toBeUndefined()
      expect(await reads.readParked('ws_other', 'rows', eventId)).toBeUndefined()
      expect(await list({ follower: 'none' })).toEqual([])
    })

    it('of one subject are a queue: the last one is known, the due ones come in order', async () => {
      const { followers } = at.inside
      const queue = { workspaceId: await at.workspace(), subject: 'queue' }
      const other = { ...queue, subject: 'other' }
      const name = 'queues'
      await followers.park([
        row({ follower: name, ...queue, seq: 21, state: 'retrying', dueAt: t0 + 10 }),
        row({ follower: name, ...queue, seq: 23, state: 'waiting', dueAt: never }),
        row({ follower: name, ...queue, seq: 22, state: 'waiting', dueAt: never }),
        row({ follower: name, ...other, seq: 24, state: 'parked' }),
        row({ follower: name, ...other, seq: 25, state: 'retrying', dueAt: t0 + 1 }),
      ])
      const ends = await followers.queueEnds(name, [queue, other, { ...queue, subject: 'none' }])
      expect([...ends].sort((a, b) => b.dueAt - a.dueAt)).toEqual([
        { ...queue, state: 'waiting', dueAt: never },
        { ...other, state: 'retrying', dueAt: t0 + 1 },
      ])
      expect(await followers.queueEnds(name, [])).toEqual([])
      const due = async (now: number, limit = 9) => (await followers.due(name, now, limit)).map(({ seq }) => seq)
      expect(await due(t0)).toEqual([])
      expect(await due(t0 + 10)).toEqual([25, 21])
      expect(await followers.queueUp(name, queue, t0 + 9, 21, t0 + 9)).toBe(2)
      expect(await due(t0 + 9)).toEqual([25, 22, 23])
      expect(await due(t0 + 9, 2)).toEqual([25, 22])
      expect(await at.storage.reads.followers.countWaiting({ follower: name, ...queue, seq: 21 })).toBe(2)
      expect(await at.storage.reads.followers.countWaiting({ follower: name, ...queue, subject: null, seq: 0 })).toBe(0)
      expect((await followers.due(name, t0 + 9, 9))[1]).toMatchObject({ afterGap: 21, updatedAt: t0 + 9 })
      await followers.forget(name, [22, 23, 25])
      await followers.forget(name, [])
      expect(await due(t0 + 10)).toEqual([21])
      const [last] = await followers.due(name, t0 + 10, 1)
      if (last) await followers.keep({ ...last, state: 'handled', endedAt: t0 + 11 })
      expect(await due(t0 + 10)).toEqual([])
    })

    it('a follower knows when the first of its own is due', async () => {
      const { followers } = at.inside
      const owner = newId('process', t0)
      await at.storage.commit(beat, beatOf(owner))
      const workspaceId = await at.workspace()
      expect(await followers.take('due', owner)).toMatchObject({ nextDue: null })
      await followers.park([
        row({ follower: 'due', workspaceId, seq: 31, state: 'parked' }),
        row({ follower: 'due', workspaceId, seq: 32, state: 'waiting', dueAt: never }),
      ])
      expect(await followers.take('due', owner)).toMatchObject({ nextDue: never })
      await followers.park([row({ follower: 'due', workspaceId, seq: 33, state: 'retrying', dueAt: t0 + 7 })])
      expect(await followers.take('due', owner)).toMatchObject({ nextDue: t0 + 7 })
      await at.storage.commit(leave, { processId: owner })
      expect(await followers.take('due', 'another')).toMatchObject({ nextDue: t0 + 7 })
      expect(await at.storage.reads.followers.countParked(100)).toBeGreaterThan(0)
      expect(await at.storage.reads.followers.countParked(1)).toBe(1)
    })

    it('the log answers events by their places', async () => {
      const workspaceId = await at.workspace()
      const events = [1, 2, 3].map((n) => makeEvent({ workspaceId, data: `{"n":${n}}` }))
      const seqs: number[] = []
      for (const event of events) seqs.push((await at.storage.commit(publishEvent, event)).seq)
      const [first = 0, , last = 0] = seqs
      const found = await at.inside.log.eventsAt([last, first, 2 ** 50], true)
      expect(found.map(({ seq, data }) => [seq, data])).toEqual([
        [first, '{"n":1}'],
        [last, '{"n":3}'],
      ])
      expect((await at.inside.log.eventsAt([first], false))[0]).toMatchObject({ id: events[0]?.id, data: null })
      expect(await at.inside.log.eventsAt([], true)).toEqual([])
    })
  })

  describe('an event that a follower fails at', () => {
    /** A follower at the end of the log, of a process of its own. */
    const begin = async () => {
      const owner = newId('process', t0)
      await at.storage.commit(beat, beatOf(owner))
      const workspaceId = await at.workspace()
      const publish = async (...types: readonly string[]) => {
        const events = types.map((type) => makeEvent({ workspaceId, type, subject: type.split(' ')[1] ?? 'one' }))
        for (const event of events) {
          const [type = ''] = event.type.split(' ')
          await at.storage.commit(publishEvent, { ...event, type })
        }
        return events.map(({ id }) => id)
      }
      const move = async (now = t0) =>
        at.storage.commit(advance, { follower, owner, upTo: await at.storage.settledUpTo(), limit: 100, now })
      const tryDue = (now: number, by = owner) => at.storage.commit(retry, { follower, owner: by, now, limit: 100 })
      const run = (eventIds: readonly string[], isDry = false) =>
        at.storage.commit(rerun, { workspaceId, follower, eventIds, now: t0, settings: undefined, isDry })
      const states = async () => {
        const rows = await at.storage.reads.followers.listParked(workspaceId, {}, { after: null, limit: 50 })
        return new Map(rows.map((each) => [each.eventId, each]))
      }
      const isNoted = async (id = '') =>
        (await at.sql('SELECT name FROM keyring WHERE name = ?', `noted ${id}`)).length > 0
      await at.sql('DELETE FROM parked WHERE follower = ?', follower)
      await move()
      const end = () => at.storage.commit(leave, { processId: owner })
      return { owner, workspaceId, publish, move, tryDue, run, states, isNoted, end }
    }

    it('keeps its subject waiting and no other, until it succeeds; then they come in order', async () => {
      const { publish, move, tryDue, states, isNoted, end } = await begin()
      const [bad, behind, other] = await publish('poison.thrown', 'a', 'b two')
      expect(await move()).toMatchObject({ read: 3, made: 1, parked: 2 })
      const [later] = await publish('c')
      expect(await move()).toMatchObject({ read: 1, made: 0, parked: 1, nextDue: t0 + 1000 })
      expect(await Promise.all([bad, behind, other, later].map(isNoted))).toEqual([false, false, true, false])
      expect(await tryDue(t0 + 999)).toMatchObject({ tried: 0, nextDue: t0 + 1000 })
      expect(await tryDue(t0 + 1000)).toMatchObject({ tried: 1, nextDue: t0 + 6000, failed: [{ attempt: 2 }] })
      await at.sql(mended)
      expect(await tryDue(t0 + 6000)).toMatchObject({ tried: 1, made: 1, nextDue: t0 + 6000 })
      expect(await isNoted(behind)).toBe(false)
      // One that comes now joins the end.
      const [last] = await publish('d')
      expect(await move(t0 + 6000)).toMatchObject({ parked: 1 })
      const drained = await tryDue(t0 + 6000)
      expect(drained).toMatchObject({ tried: 3, nextDue: null, failed: [] })
      expect(drained.lanes).toEqual([behind, later, last])
      expect((await states()).size).toBe(0)
      await end()
    })

    it('is parked after ten minutes at most, with news of it, and the others go on with the gap', async () => {
      const { publish, move, tryDue, states, isNoted, workspaceId, end } = await begin()
      const [bad = '', behind = '', bad2 = ''] = await publish('poison.thrown', 'a', 'poison.thrown')
      await move()
      let now = t0
      const told: number[] = []
      for (let due: number | null = t0; due !== null; now = Math.max(now, due ?? 0)) {
        const tried = await tryDue(now)
        if (tried.told > 0) told.push(now)
        due = tried.nextDue
      }
      const rows = await states()
      expect([rows.get(bad)?.state, rows.get(behind)?.state, rows.get(bad2)?.state]).toEqual([
        'parked',
        undefined,
        'parked',
      ])
      expect(rows.get(bad)).toMatchObject({ attempts: 7, afterGap: null, error: `Error: cannot handle "${bad}"` })
      expect(rows.get(bad2)).toMatchObject({ afterGap: rows.get(bad)?.seq })
      expect(await isNoted(behind)).toBe(true)
      expect(Math.max(...told)).toBeLessThanOrEqual(t0 + 10 * 60_000)
      const news = (
        await at.storage.reads.log.listEvents(
          workspaceId,
          { type: 'trunkline.event.parked' },
          { after: null, limit: 9 },
        )
      ).rows
      expect(news.map(({ subject }) => subject)).toEqual([`${bad2}.${follower}`, `${bad}.${follower}`])
      expect(await move(now)).toMatchObject({ read: 2, parked: 0 })
      await end()
    })

    it('is tried by the next owner where the first one left off, and by no other', async () => {
      const { publish, move, tryDue, owner, isNoted } = await begin()
      const next = newId('process', t0)
      await at.storage.commit(beat, beatOf(next))
      const [bad, behind] = await publish('poison.thrown', 'a')
      await move()
      await at.sql(mended)
      expect(await tryDue(t0 + 1000, next)).toMatchObject({ tried: 0, nextDue: null })
      await at.storage.commit(leave, { processId: owner })
      expect(await tryDue(t0 + 1000, next)).toMatchObject({ tried: 1, made: 1 })
      expect(await tryDue(t0 + 1000, next)).toMatchObject({ tried: 1, made: 1, lanes: [behind] })
      expect(await isNoted(bad)).toBe(true)
      await at.storage.commit(leave, { processId: next })
    })

    it('is run again by hand once, however many ask at once', async () => {
      const { publish, move, run, states, isNoted, end } = await begin()
      const [bad = '', behind] = await publish('poison.thrown', 'a')
      await move()
      expect((await run([bad])).outcomes).toMatchObject([{ outcome: 'failed', cause: 'HANDLER_THREW' }])
      expect((await states()).get(bad)).toMatchObject({ state: 'retrying', attempts: 1 })
      await at.sql(mended)
      expect((await run([bad], true)).outcomes).toMatchObject([{ outcome: 'handled' }])
      expect(await isNoted(bad)).toBe(false)
      const answers = await Promise.all(Array.from({ length: 100 }, () => run([bad])))
      const outcomes = answers.map(({ outcomes: [one] }) => one?.outcome)
      expect(outcomes.filter((each) => each === 'handled')).toHaveLength(1)
      expect(outcomes.filter((each) => each === 'already')).toHaveLength(99)
      expect(await isNoted(bad)).toBe(true)
      expect((await states()).get(behind ?? '')).toMatchObject({ state: 'waiting', dueAt: t0 })
      expect((await states()).get(bad)).toMatchObject({ state: 'handled', endedAt: t0 })
      await end()
    })

    it('is another workspace’s business only', async () => {
      const { publish, move, end } = await begin()
      const [bad = ''] = await publish('poison.thrown')
      await move()
      const workspaceId = await at.workspace()
      const call = { workspaceId, follower, eventIds: [bad], now: t0, settings: undefined, isDry: false }
      expect((await at.storage.commit(rerun, call)).outcomes).toMatchObject([{ outcome: 'missing' }])
      const dismissal = { workspaceId, key: { follower, eventId: bad }, now: t0 }
      await expect(at.storage.commit(dismissParked, dismissal)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      await end()
    })

    it('is dismissed for good: what waits goes on, and it is not run again', async () => {
      const { publish, move, tryDue, run, states, workspaceId, end } = await begin()
      const [bad = '', behind = ''] = await publish('poison.thrown', 'a')
      await move()
      const dismissal = { workspaceId, key: { follower, eventId: bad }, now: t0 }
      const first = await at.storage.commit(dismissParked, dismissal)
      expect(first).toMatchObject({ state: 'dismissed', endedAt: t0 })
      expect(await at.storage.commit(dismissParked, { ...dismissal, now: t0 + 1 })).toEqual(first)
      expect((await states()).get(behind)).toMatchObject({ afterGap: first.seq, dueAt: t0 })
      expect(await tryDue(t0)).toMatchObject({ tried: 1, made: 1, nextDue: null })
      await at.sql(mended)
      expect((await run([bad, behind])).outcomes).toMatchObject([{ outcome: 'dismissed' }, { outcome: 'missing' }])
      await end()
    })

    it('that is no longer in the log is parked with that cause', async () => {
      const { publish, move, tryDue, run, states, end } = await begin()
      const [bad = ''] = await publish('poison.thrown')
      await move()
      await at.sql('DELETE FROM events WHERE id = ?', bad)
      expect(await tryDue(t0 + 1000)).toMatchObject({ failed: [{ cause: 'EVENT_GONE' }], nextDue: null })
      expect((await states()).get(bad)).toMatchObject({ state: 'parked', cause: 'EVENT_GONE' })
      expect((await run([bad])).outcomes).toMatchObject([{ outcome: 'failed', cause: 'EVENT_GONE' }])
      await end()
    })
  })
}
