import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { beat, leave } from '../../jobs/process.ts'
import { settleAttempt } from '../../outbound/delivery/settle.ts'
import { createEndpoint, deleteEndpoint, updateEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import { type ClaimCall, claimLanes } from '../../outbound/lane/claim.ts'
import { pauseDeliveries, resumeDeliveries } from '../../outbound/lane/pause.ts'
import { makeDelivery } from './lists.ts'
import type { Bench } from './opened.ts'
import { beatOf, makeEndpoint, makeSettle, news, t0 } from './rows.ts'

/** What is learned of an endpoint goes with its lane. */
export function exerciseLaneConditions(at: Bench): void {
  describe('what the owner of a lane has learned', () => {
    const process = async () => {
      const id = newId('process', t0)
      await at.storage.commit(beat, beatOf(id))
      return id
    }
    const claim = (owner: string, over: Partial<ClaimCall>) =>
      at.storage.commit(claimLanes, {
        owner,
        now: t0,
        lanes: [],
        giveBack: [],
        seek: { limit: 0, dueBefore: t0 },
        maxDataBytes: 1000,
        ...over,
      })
    const look = (owner: string, endpointId: string) =>
      claim(owner, { lanes: [{ endpointId, limit: 10, inHand: [] }] }).then(({ taken }) => taken[0])
    const queue = async (count = 3) => {
      const workspaceId = await at.workspace()
      const endpoint = makeEndpoint(workspaceId)
      await at.storage.commit(createEndpoint, { endpoint, news: news(workspaceId, 'endpoint.created', endpoint.id) })
      const owner = await process()
      await at.inside.deliveries.add(
        Array.from({ length: count }, () => makeDelivery(workspaceId, { endpointId: endpoint.id, createdAt: t0 })),
      )
      const generation = (await look(owner, endpoint.id))?.generation ?? 0
      const ids = (await at.sql('SELECT id FROM deliveries WHERE endpoint_id = ? ORDER BY id', endpoint.id)).map(
        (row) => String(row.id),
      )
      const settle = (n: number, condition?: string | null, under = generation) => {
        const due = { id: ids[n] ?? '', workspaceId, attempts: 0, tries: 0, orderKey: null } as Parameters<
          typeof makeSettle
        >[2]
        return { ...makeSettle(endpoint.id, under, due), ...(condition === undefined ? {} : { condition }) }
      }
      const kept = () => at.storage.reads.lanes.read(workspaceId, endpoint.id)
      return { workspaceId, endpointId: endpoint.id, owner, generation, settle, kept }
    }

    it('is kept with the outcomes, the last word of a group, and stays when nothing is said', async () => {
      const { settle, kept, workspaceId } = await queue()
      expect(await kept()).toEqual({ condition: null })
      await Promise.all([settle(0, 'one'), settle(1, 'two')].map((call) => at.storage.commit(settleAttempt, call)))
      expect(await kept()).toEqual({ condition: 'two' })
      await at.storage.commit(settleAttempt, settle(2))
      expect(await kept()).toEqual({ condition: 'two' })
      await at.storage.commit(settleAttempt, settle(2, null))
      expect(await kept()).toEqual({ condition: null })
      expect(await at.storage.reads.lanes.read(workspaceId, newId('endpoint', t0))).toBeUndefined()
    })

    it('is not kept by one who has lost the lane', async () => {
      const { settle, kept, generation } = await queue()
      await at.storage.commit(settleAttempt, settle(0, 'mine'))
      await Promise.all(
        [settle(1, 'lost', generation - 1), settle(2, 'unknown', generation + 1)].map((call) =>
          at.storage.commit(settleAttempt, call),
        ),
      )
      expect(await kept()).toEqual({ condition: 'mine' })
    })

    it('is not another workspace’s to read', async () => {
      const { endpointId } = await queue()
      expect(await at.storage.reads.lanes.read(await at.workspace(), endpointId)).toBeUndefined()
    })

    it('goes to whoever takes the lane over, looks again, or finds it', async () => {
      const { settle, endpointId, owner, workspaceId } = await queue()
      await at.storage.commit(settleAttempt, settle(0, 'known'))
      expect(await look(owner, endpointId)).toMatchObject({ generation: 1, condition: 'known' })
      await at.storage.commit(leave, { processId: owner })
      const heir = await process()
      expect(await look(heir, endpointId)).toMatchObject({ generation: 2, condition: 'known' })
      await at.storage.commit(leave, { processId: heir })
      await at.sql('UPDATE lanes SET next_due = NULL')
      await at.inside.lanes.due([endpointId], t0)
      const { found } = await claim(await process(), { seek: { limit: 5, dueBefore: t0 } })
      expect(found).toEqual([{ endpointId, workspaceId, customer: null, generation: 3, condition: 'known' }])
    })

    it('is kept when the lane is given back, which is then left alone until the time that is said', async () => {
      const { endpointId, owner, generation, kept } = await queue()
      const dueOf = async () =>
        (await at.sql('SELECT next_due FROM lanes WHERE endpoint_id = ?', endpointId))[0]?.next_due
      await claim(owner, { giveBack: [{ endpointId, generation, condition: 'left', sleepsUntil: t0 + 5000 }] })
      expect(await kept()).toEqual({ condition: 'left' })
      expect(Number(await dueOf())).toBe(t0 + 5000)
      const again = (await look(owner, endpointId))?.generation ?? 0
      await claim(owner, { giveBack: [{ endpointId, generation: again, sleepsUntil: t0 - 5000 }] })
      expect(await kept()).toEqual({ condition: 'left' })
      expect(Number(await dueOf())).toBe(t0)
      const empty = await queue(0)
      const lane = { endpointId: empty.endpointId, generation: empty.generation }
      await claim(empty.owner, { giveBack: [{ ...lane, sleepsUntil: t0 + 5000 }] })
      const [row] = await at.sql('SELECT next_due FROM lanes WHERE endpoint_id = ?', empty.endpointId)
      expect(row?.next_due, 'without work it is not looked at').toBeNull()
    })

    it('is of no use while all deliveries of its workspace are paused: no lane of it is taken, and nothing of the queue touched', async () => {
      const { workspaceId, endpointId, owner, generation } = await queue()
      const mine = async () =>
        (await at.sql('SELECT * FROM deliveries WHERE endpoint_id = ? ORDER BY id', endpointId)).map((row) => ({
          ...row,
        }))
      const before = await mine()
      expect(await at.storage.commit(pauseDeliveries, { workspaceId, now: t0 })).toBe(t0)
      expect(await at.storage.commit(pauseDeliveries, { workspaceId, now: t0 + 5 })).toBe(t0)
      expect((await at.storage.reads.lanes.paused()).get(workspaceId)).toBe(t0)
      expect(await look(owner, endpointId)).toMatchObject({ generation, endpoint: undefined, due: [] })
      await claim(owner, { giveBack: [{ endpointId, generation }] })
      const heir = await process()
      expect(await look(heir, endpointId)).toMatchObject({ generation: undefined, due: [] })
      const { found } = await claim(heir, { seek: { limit: 100, dueBefore: t0 } })
      expect(found.map((lane) => lane.endpointId)).not.toContain(endpointId)
      expect(await mine()).toEqual(before)
      await at.storage.commit(resumeDeliveries, { workspaceId })
      expect((await at.storage.reads.lanes.paused()).has(workspaceId)).toBe(false)
      expect((await look(heir, endpointId))?.due).toHaveLength(3)
    })

    it.each(['paused', 'disabled', 'deleted'] as const)(
      'does not slow down %s: no delivery is touched by it',
      async (state) => {
        const { workspaceId, endpointId: id } = await queue(20)
        const mine = async () =>
          (await at.sql('SELECT * FROM deliveries WHERE endpoint_id = ? ORDER BY id', id)).map((row) => ({ ...row }))
        const before = await mine()
        const call = { workspaceId, id, now: t0 + 1, news: news(workspaceId, 'endpoint.updated', id) }
        if (state === 'deleted') await at.storage.commit(deleteEndpoint, call)
        else await at.storage.commit(updateEndpoint, { ...call, changes: { status: state } })
        expect(await mine()).toEqual(before)
      },
    )

    it('is forgotten when somebody sets the endpoint right', async () => {
      for (const [changes, isForgotten] of [
        [{ description: 'x' }, false],
        [{ status: 'active' }, true],
        [{ url: 'https://example.com/other' }, true],
      ] as const) {
        const { settle, endpointId: id, workspaceId, kept } = await queue()
        await at.storage.commit(settleAttempt, settle(0, 'known'))
        const call = { workspaceId, id, changes, now: t0 + 1, news: news(workspaceId, 'endpoint.updated', id) }
        await at.storage.commit(updateEndpoint, call)
        expect(await kept()).toEqual({ condition: isForgotten ? null : 'known' })
      }
    })
  })
}
