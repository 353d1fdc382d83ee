import { beforeEach, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { expireDeliveries, unfinishedMs } from '../../outbound/delivery/expire.ts'
import { retryDelivery } from '../../outbound/delivery/retry.ts'
import { createEndpoint, updateEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import { makeDelivery } from './lists.ts'
import type { Bench } from './opened.ts'
import { dayMs, makeEndpoint, news, t0 } from './rows.ts'

/** A delivery that is unfinished for too long ends, whatever its lane, and is told once. */
export function exerciseExpiry(at: Bench): void {
  describe('expiry', () => {
    const late = t0 + unfinishedMs + dayMs
    let workspaceId: string
    let endpointId: string

    beforeEach(async () => {
      for (const table of ['sweeps', 'deliveries', 'restarted_deliveries']) await at.sql(`DELETE FROM ${table}`)
      workspaceId = await at.workspace()
      const endpoint = makeEndpoint(workspaceId)
      endpointId = endpoint.id
      await at.storage.commit(createEndpoint, { endpoint, news: news(workspaceId, 'endpoint.created', endpointId) })
    })

    const make = async (createdAt: number, over: Parameters<typeof makeDelivery>[1] = {}) => {
      const delivery = makeDelivery(workspaceId, { endpointId, createdAt, ...over })
      await at.inside.deliveries.add([delivery])
      return delivery.id
    }
    const expire = async (now = late): Promise<number> => {
      let ended = 0
      for (let turns = 0; turns < 100; turns++) {
        const turn = await at.storage.commit(expireDeliveries, { now })
        ended += turn.ended
        if (turn.isDone) return ended
      }
      throw new Error('it never ends')
    }
    const read = (id: string) => at.storage.reads.deliveries.read(workspaceId, id)
    const told = async () =>
      (
        await at.storage.reads.log.listEvents(
          workspaceId,
          { type: 'trunkline.delivery.expired' },
          { after: null, limit: 1000 },
        )
      ).rows
        .map(({ subject }) => subject)
        .sort()

    it('ends what is unfinished for 30 days, tells it, and leaves the rest', async () => {
      const [old, young] = [await make(t0), await make(late)]
      expect(await expire()).toBe(1)
      expect(await read(old)).toMatchObject({ status: 'failed', cause: 'EXPIRED', endedAt: late })
      expect(await read(young)).toMatchObject({ status: 'pending', cause: null })
      expect(await told()).toEqual([old])
      expect(await expire()).toBe(0)
      expect(await told()).toEqual([old])
    })

    it('also ends those of a paused lane, in bounded turns, each of them once when several are at it', async () => {
      const ids = await Promise.all(Array.from({ length: 450 }, (_, n) => make(t0 + n)))
      await at.storage.commit(updateEndpoint, {
        workspaceId,
        id: endpointId,
        changes: { status: 'paused' },
        now: t0,
        news: news(workspaceId, 'endpoint.updated', endpointId),
      })
      const first = await at.storage.commit(expireDeliveries, { now: late })
      expect(first.isDone).toBe(false)
      expect(first.ended).toBeLessThan(450)
      const rest = await Promise.all([expire(), expire()])
      await expire()
      expect(first.ended + rest.reduce((sum, each) => sum + each, 0)).toBe(450)
      expect(await told()).toEqual([...ids].sort())
    })

    it('counts the age of one that was begun anew from then', async () => {
      const id = await make(t0)
      await at.storage.commit(retryDelivery, { workspaceId, id, now: late - dayMs })
      expect(await expire()).toBe(0)
      expect(await read(id)).toMatchObject({ status: 'pending' })
      expect(await expire(late - dayMs + unfinishedMs)).toBe(0)
      expect(await expire(late + unfinishedMs)).toBe(1)
      expect(await read(id)).toMatchObject({ status: 'failed', cause: 'EXPIRED' })
    })

    it('leaves what has ended as it ended, and tells nobody that its own news went nowhere', async () => {
      const ended = await make(t0, { endpointId: newId('endpoint', t0) })
      const { endpointId: gone } = (await read(ended)) ?? { endpointId: '' }
      await at.inside.deliveries.end(gone, 'ENDPOINT_DELETED', t0, 10)
      const own = await make(t0, { eventType: 'trunkline.delivery.expired' })
      expect(await expire()).toBe(1)
      expect(await read(ended)).toMatchObject({ cause: 'ENDPOINT_DELETED', endedAt: t0 })
      expect(await read(own)).toMatchObject({ cause: 'EXPIRED' })
      expect(await told()).toEqual([])
    })
  })
}
