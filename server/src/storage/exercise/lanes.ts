import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { publishEvent } from '../../events/append.ts'
import { beat, leave } from '../../jobs/process.ts'
import { retireLanes } from '../../outbound/delivery/retire.ts'
import { settleAttempt } from '../../outbound/delivery/settle.ts'
import { createEndpoint, updateEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import { fanOut } from '../../outbound/fan-out/fan-out.ts'
import { type ClaimCall, claimLanes } from '../../outbound/lane/claim.ts'
import { advance } from './commands.ts'
import { makeDelivery } from './lists.ts'
import type { Bench } from './opened.ts'
import { beatOf, makeEndpoint, makeEvent, makeSettle, news, t0 } from './rows.ts'

/** Lanes: one owner at a time, and never work that nobody looks for. */
export function exerciseLanes(at: Bench): void {
  describe('lanes', () => {
    const now = t0
    const process = async () => {
      const id = newId('process', now)
      await at.storage.commit(beat, beatOf(id))
      return id
    }
    const lane = async (workspaceId: string) => {
      const endpoint = makeEndpoint(workspaceId)
      await at.storage.commit(createEndpoint, { endpoint, news: news(workspaceId, 'endpoint.created', endpoint.id) })
      return endpoint.id
    }
    const claim = (owner: string, over: Partial<ClaimCall>) =>
      at.storage.commit(claimLanes, {
        owner,
        now,
        lanes: [],
        giveBack: [],
        seek: { limit: 0, dueBefore: now },
        maxDataBytes: 1000,
        ...over,
      })
    const look = (endpointId: string) => ({ endpointId, limit: 10, inHand: [] })
    const take = async (owner: string, endpointId: string) =>
      (await claim(owner, { lanes: [look(endpointId)] })).taken[0]?.generation
    const rowOf = async (endpointId: string) => {
      const [row] = await at.sql('SELECT owner, generation, next_due FROM lanes WHERE endpoint_id = ?', endpointId)
      const due = row?.next_due === null ? null : Number(row?.next_due)
      return { owner: row?.owner, generation: Number(row?.generation), nextDue: due }
    }
    const enqueue = (workspaceId: string, endpointId: string, dueAt: number) =>
      at.inside.deliveries.add([makeDelivery(workspaceId, { endpointId, createdAt: dueAt })])

    it('are taken by one of many that ask at once', async () => {
      const workspaceId = await at.workspace()
      const lanes = await Promise.all(Array.from({ length: 6 }, () => lane(workspaceId)))
      const owners = await Promise.all(Array.from({ length: 4 }, process))
      for (const [i, owner] of owners.entries()) expect(owner, `process ${i}`).toMatch(/^proc_/)
      // In different orders, as processes meet them.
      const orders = owners.map((_, i) => (i % 2 === 0 ? lanes : [...lanes].reverse()))
      const claims = await Promise.all(owners.map((owner, i) => claim(owner, { lanes: (orders[i] ?? []).map(look) })))
      const takers = new Map<string, string[]>()
      for (const [i, { taken }] of claims.entries()) {
        for (const { endpointId, generation } of taken) {
          if (generation !== undefined)
            takers.set(endpointId, [...(takers.get(endpointId) ?? []), `${owners[i]} ${generation}`])
        }
      }
      for (const endpointId of lanes) {
        const { owner, generation } = await rowOf(endpointId)
        expect(takers.get(endpointId)).toEqual([`${owner} ${generation}`])
        expect(generation).toBe(1)
      }
    })

    it('keep their generation while they keep their owner', async () => {
      const [endpointId, owner] = [await lane(await at.workspace()), await process()]
      expect(await take(owner, endpointId)).toBe(1)
      expect(await take(owner, endpointId)).toBe(1)
      expect(await take(await process(), endpointId)).toBeUndefined()
    })

    it('are taken over from a dead process, under a new generation', async () => {
      const endpointId = await lane(await at.workspace())
      const dead = await process()
      expect(await take(dead, endpointId)).toBe(1)
      const heir = await process()
      expect(await take(heir, endpointId)).toBeUndefined()
      await at.storage.commit(beat, beatOf(heir, [{ id: dead, beats: 1 }]))
      expect(await take(heir, endpointId)).toBe(2)
      // It lives after all: what was taken from it stays with its heir.
      await at.storage.commit(beat, beatOf(dead))
      expect(await take(dead, endpointId)).toBeUndefined()
      await at.storage.commit(leave, { processId: heir })
      expect(await take(dead, endpointId)).toBe(3)
    })

    it('are looked at at once by who believes he has them, and only if he does', async () => {
      const workspaceId = await at.workspace()
      const [own, free, others] = [await lane(workspaceId), await lane(workspaceId), await lane(workspaceId)]
      const [owner, other] = [await process(), await process()]
      expect(await take(owner, own)).toBe(1)
      expect(await take(other, others)).toBe(1)
      for (const endpointId of [own, free, others]) await enqueue(workspaceId, endpointId, now - 1)
      const believed = [own, free, others].map((id) => ({ ...look(id), isHeld: true }))
      const { taken } = await claim(owner, { lanes: believed })
      const seen = taken.map(({ endpointId, generation, endpoint }) => ({ endpointId, generation, of: endpoint?.id }))
      expect(seen).toEqual([
        { endpointId: own, generation: 1, of: own },
        // It had been given back: it is taken anew.
        { endpointId: free, generation: 1, of: free },
        { endpointId: others, generation: undefined, of: undefined },
      ])
      expect((await rowOf(others)).owner).toBe(other)
    })

    it('are not taken while they are paused, disabled or unknown', async () => {
      const [endpointId, owner] = [await lane(await at.workspace()), await process()]
      for (const state of ['paused', 'disabled', 'deleted'] as const) {
        await at.inside.lanes.setState(endpointId, state, now)
        expect(await take(owner, endpointId)).toBeUndefined()
      }
      expect(await take(owner, newId('endpoint', now))).toBeUndefined()
    })

    it('are found when they are due and nobody alive has them, the most overdue first', async () => {
      const workspaceId = await at.workspace()
      await at.sql('UPDATE lanes SET next_due = NULL')
      const [early, late, future, paused, held, orphan] = await Promise.all(
        Array.from({ length: 6 }, () => lane(workspaceId)),
      )
      const [owner, dead] = [await process(), newId('process', now)]
      const ids = [early, late, future, paused, held, orphan].map((id) => id ?? '')
      await take(owner, held ?? '')
      for (const [i, id] of ids.entries()) await at.inside.lanes.due([id], now - 100 + i)
      await at.sql('UPDATE lanes SET next_due = ? WHERE endpoint_id = ?', now + 1, future ?? '')
      await at.inside.lanes.setState(paused ?? '', 'paused', now)
      await at.sql('UPDATE lanes SET owner = ? WHERE endpoint_id = ?', dead, orphan ?? '')
      const find = async (limit: number, dueBefore: number) => {
        const { found } = await claim(owner, { seek: { limit, dueBefore } })
        return found.map(({ endpointId }) => endpointId).sort()
      }
      expect(await find(10, now - 101)).toEqual([])
      expect(await find(2, now)).toEqual([early, late].sort())
      expect(await find(10, now)).toEqual([orphan])
      expect(await find(10, now)).toEqual([])
      expect(await rowOf(orphan ?? '')).toMatchObject({ owner, generation: 1 })
    })

    it('are not taken anew by their own owner, though it is missing from the list', async () => {
      const [endpointId, owner] = [await lane(await at.workspace()), newId('process', now)]
      expect(await take(owner, endpointId)).toBe(1)
      await at.inside.lanes.due([endpointId], now)
      const { found } = await claim(owner, { seek: { limit: 100, dueBefore: now } })
      expect(found.map((each) => each.endpointId)).not.toContain(endpointId)
      expect(await rowOf(endpointId)).toMatchObject({ owner, generation: 1 })
    })

    it('that are free are taken by many that look at once, each by one', async () => {
      const workspaceId = await at.workspace()
      await at.sql('UPDATE lanes SET next_due = NULL')
      const lanes = await Promise.all(Array.from({ length: 12 }, () => lane(workspaceId)))
      await at.inside.lanes.due(lanes, now)
      const owners = await Promise.all(Array.from({ length: 6 }, process))
      const seek = { limit: 3, dueBefore: now }
      const found: string[] = []
      for (let i = 0; i < 4 && found.length < 12; i++) {
        const claims = await Promise.all(owners.map((owner) => claim(owner, { seek })))
        found.push(...claims.flatMap((each) => each.found.map(({ endpointId }) => endpointId)))
      }
      expect(found.sort()).toEqual([...lanes].sort())
    })

    it('are looked at beside what the others hold: how many are in use, which have work, which were changed', async () => {
      const workspaceId = await at.workspace()
      await at.sql('UPDATE lanes SET next_due = NULL, owner = NULL')
      const [mine, idle, theirs, free, dead, quiet] = await Promise.all(
        Array.from({ length: 6 }, async () => lane(workspaceId)),
      )
      const [one, two, gone] = [await process(), await process(), newId('process', now)]
      await Promise.all([take(one, mine ?? ''), take(one, idle ?? ''), take(two, theirs ?? '')])
      await at.inside.lanes.due([free ?? ''], now)
      await at.inside.lanes.due([quiet ?? ''], now + 1)
      await at.sql('UPDATE lanes SET owner = ?, next_due = ? WHERE endpoint_id = ?', gone, now, dead ?? '')
      const { lanes } = at.storage.reads
      await enqueue(workspaceId, idle ?? '', now + 1)
      expect((await lanes.look({ idle: [idle ?? ''], busy: [] }, now)).stirred).toEqual([])
      await enqueue(workspaceId, idle ?? '', now)
      const { total, stirred, changedAt } = await lanes.look({ idle: [idle ?? ''], busy: [mine ?? ''] }, now)
      expect({ total, stirred }).toEqual({ total: 5, stirred: [idle] })
      expect([...changedAt]).toEqual([[mine, t0]])
      expect((await lanes.look({ idle: [], busy: [] }, now)).total).toBe(5)
    })

    it('are given back with the time of their next work', async () => {
      const workspaceId = await at.workspace()
      const [endpointId, owner] = [await lane(workspaceId), await process()]
      const generation = (await take(owner, endpointId)) ?? 0
      await claim(owner, { giveBack: [{ endpointId, generation }] })
      expect(await rowOf(endpointId)).toEqual({ owner: null, generation, nextDue: null })
      await enqueue(workspaceId, endpointId, now + 7000)
      await enqueue(workspaceId, endpointId, now + 5000)
      const again = (await take(owner, endpointId)) ?? 0
      expect(again).toBe(generation + 1)
      await claim(owner, { giveBack: [{ endpointId, generation: again }] })
      expect(await rowOf(endpointId)).toEqual({ owner: null, generation: again, nextDue: now + 5000 })
    })

    it('are not given back by one who has lost them', async () => {
      const endpointId = await lane(await at.workspace())
      const [one, two] = [await process(), await process()]
      const old = (await take(one, endpointId)) ?? 0
      await at.storage.commit(leave, { processId: one })
      const generation = (await take(two, endpointId)) ?? 0
      await claim(one, { giveBack: [{ endpointId, generation: old }] })
      expect(await rowOf(endpointId)).toMatchObject({ owner: two, generation })
    })

    it('never have work that nobody looks for, when they are given back while work comes in', async () => {
      const workspaceId = await at.workspace()
      const [endpointId, owner] = [await lane(workspaceId), await process()]
      const move = async () =>
        at.storage.commit(advance, {
          follower: fanOut.name,
          owner,
          upTo: await at.storage.settledUpTo(),
          limit: 1000,
          now,
        })
      await move()
      for (let i = 0; i < 200; i++) {
        const [taken] = (await claim(owner, { lanes: [look(endpointId)] })).taken
        const generation = taken?.generation ?? 0
        for (const due of taken?.due ?? [])
          await at.storage.commit(settleAttempt, makeSettle(endpointId, generation, due))
        await at.storage.commit(publishEvent, makeEvent({ workspaceId }))
        // Whichever begins first; the other one is under way when it commits.
        const both = [move, () => claim(owner, { giveBack: [{ endpointId, generation }] })]
        await Promise.all((i % 2 === 0 ? both : both.reverse()).map((begin) => begin()))
        const pending = await at.sql('SELECT id FROM deliveries WHERE endpoint_id = ? AND status = 0', endpointId)
        expect({ pending: pending.length, nextDue: (await rowOf(endpointId)).nextDue }).toEqual({
          pending: 1,
          nextDue: now,
        })
      }
    })

    it('end their work in batches when their endpoint is disabled, also what comes in meanwhile', async () => {
      const workspaceId = await at.workspace()
      const id = await lane(workspaceId)
      await at.inside.deliveries.add(
        Array.from({ length: 700 }, () => makeDelivery(workspaceId, { endpointId: id, createdAt: now })),
      )
      const update = (status: 'disabled' | 'active') =>
        at.storage.commit(updateEndpoint, {
          workspaceId,
          id,
          changes: { status },
          now,
          news: news(workspaceId, 'endpoint.updated', id),
        })
      const pending = async () =>
        (await at.sql('SELECT id FROM deliveries WHERE endpoint_id = ? AND status = 0', id)).length
      await update('disabled')
      await at.storage.commit(retireLanes, { now })
      expect(await pending()).toBe(200)
      // A fan-out that knew the endpoint as it was.
      await at.inside.deliveries.add([makeDelivery(workspaceId, { endpointId: id, createdAt: now })])
      while (await at.storage.commit(retireLanes, { now }));
      expect(await pending()).toBe(0)
      const [ended] = (
        await at.storage.reads.deliveries.list(workspaceId, { endpointId: id }, { after: null, limit: 1 })
      ).rows
      expect(ended).toMatchObject({ status: 'failed', cause: 'ENDPOINT_DISABLED', endedAt: now, dueAt: now })
      expect((await rowOf(id)).nextDue).toBeNull()
      await at.inside.deliveries.add([makeDelivery(workspaceId, { endpointId: id, createdAt: now })])
      await at.inside.lanes.due([id], now)
      await at.inside.lanes.ended(id)
      expect((await rowOf(id)).nextDue).toBe(now)
    })
  })
}
