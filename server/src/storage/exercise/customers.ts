import { describe, expect, it } from 'vitest'
import { createKey, revokeKey } from '../../access/keep-credential.ts'
import { newId } from '../../base/id.ts'
import { publishEvent } from '../../events/append.ts'
import { makeDelivery } from './lists.ts'
import type { Bench } from './opened.ts'
import { makeCredential, makeEndpoint, makeEvent, t0 } from './rows.ts'

/** What is one customer's, and keys that are bound to one. */
export function exerciseCustomers(at: Bench): void {
  describe('customers', () => {
    const page = { after: null, limit: 10 }

    it('narrow lists of events, endpoints and deliveries to what is theirs', async () => {
      const workspaceId = await at.workspace()
      const { log, endpoints, deliveries } = at.storage.reads
      const made = new Map<string | null, string[]>()
      for (const customer of ['acme', 'acme ', null]) {
        const event = makeEvent({ workspaceId, customer })
        const endpoint = makeEndpoint(workspaceId, { customer })
        const delivery = makeDelivery(workspaceId, { customer, endpointId: endpoint.id, eventId: event.id })
        await at.storage.commit(publishEvent, event)
        await at.inside.endpoints.insert(endpoint)
        await at.inside.deliveries.add([delivery])
        made.set(customer, [event.id, endpoint.id, delivery.id])
      }
      const of = async (customer: string) =>
        [
          await log.listEvents(workspaceId, { customer }, page),
          await endpoints.list(workspaceId, { customer }, page),
          await deliveries.list(workspaceId, { customer }, page),
        ].flatMap((rows) => rows.map(({ id }) => id))
      expect(await of('acme')).toEqual(made.get('acme'))
      expect(await of('acme ')).toEqual(made.get('acme '))
      for (const nobody of ['', 'ACME', 'a\0b', 'null', "' OR 1=1 --"]) expect(await of(nobody)).toEqual([])
    })

    it('have the deliveries to their own endpoints, deleted ones too, and not those to the operator’s', async () => {
      const [workspaceId, other] = [await at.workspace(), await at.workspace()]
      const own = makeEndpoint(workspaceId, { customer: 'acme' })
      const gone = makeEndpoint(workspaceId, { customer: 'acme' })
      const operators = makeEndpoint(workspaceId)
      for (const endpoint of [own, gone, operators]) await at.inside.endpoints.insert(endpoint)
      const [toOwn, toGone, toOperator] = [own, gone, operators].map(({ id }, i) =>
        makeDelivery(workspaceId, { customer: 'acme', endpointId: id, createdAt: t0 + i }),
      ) as [ReturnType<typeof makeDelivery>, ReturnType<typeof makeDelivery>, ReturnType<typeof makeDelivery>]
      await at.inside.deliveries.add([toOwn, toGone, toOperator])
      await at.inside.endpoints.remove(workspaceId, gone.id, t0)
      const { deliveries } = at.storage.reads
      const listed = await deliveries.list(workspaceId, { customer: 'acme', endpointsOf: 'acme' }, page)
      expect(listed.map(({ id }) => id)).toEqual([toGone.id, toOwn.id])
      expect(await deliveries.list(workspaceId, { endpointsOf: 'bravo' }, page)).toEqual([])
      const read = async (...args: Parameters<typeof deliveries.read>) => (await deliveries.read(...args))?.id
      expect(await read(workspaceId, toOwn.id, 'acme')).toBe(toOwn.id)
      expect(await read(workspaceId, toGone.id, 'acme')).toBe(toGone.id)
      expect(await read(workspaceId, toOperator.id, 'acme')).toBeUndefined()
      expect(await read(workspaceId, toOperator.id)).toBe(toOperator.id)
      expect(await read(workspaceId, toOwn.id, 'bravo')).toBeUndefined()
      expect(await read(other, toOwn.id, 'acme')).toBeUndefined()
    })
  })

  describe('keys', () => {
    const page = { after: null, limit: 10 }

    it('are kept, read, listed by customer, and revoked once, within their workspace', async () => {
      const [workspaceId, other] = [await at.workspace(), await at.workspace()]
      const { credentials } = at.storage.reads
      const keys = [null, 'acme', 'bravo'].map((customer, i) =>
        makeCredential(workspaceId, { id: newId('credential', t0 + i), keyHash: `${workspaceId}${i}`, customer }),
      )
      for (const key of keys) await at.storage.commit(createKey, key)
      const [whole, acme] = keys as [(typeof keys)[number], (typeof keys)[number]]
      expect(await credentials.read(workspaceId, acme.id)).toEqual(acme)
      expect(await credentials.byHash(acme.keyHash)).toEqual(acme)
      expect(await credentials.read(other, acme.id)).toBeUndefined()
      expect(await credentials.list(workspaceId, {}, page)).toEqual(keys.toReversed())
      expect(await credentials.list(workspaceId, {}, { after: acme.id, limit: 10 })).toEqual([whole])
      expect(await credentials.list(workspaceId, { customer: 'acme' }, page)).toEqual([acme])
      expect(await credentials.list(other, {}, page)).toEqual([])

      const revoke = { workspaceId, id: acme.id, customer: null, now: t0 + 1 }
      for (const wrong of [{ workspaceId: other }, { customer: 'bravo' }, { id: newId('credential', t0) }])
        await expect(at.storage.commit(revokeKey, { ...revoke, ...wrong })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect((await credentials.read(workspaceId, acme.id))?.revokedAt).toBeNull()
      await at.storage.commit(revokeKey, { ...revoke, customer: 'acme' })
      await at.storage.commit(revokeKey, { ...revoke, now: t0 + 2 })
      expect((await credentials.read(workspaceId, acme.id))?.revokedAt).toBe(t0 + 1)
    })

    it('know whether another one can make keys: in force, bound to nobody, of the same workspace', async () => {
      const [workspaceId, other] = [await at.workspace(), await at.workspace()]
      const { credentials } = at.inside
      const maker = (over: Partial<Parameters<typeof credentials.insert>[0]>, ws = workspaceId) =>
        makeCredential(ws, { scopes: ['keys.write'], ...over })
      const last = maker({})
      const others = [maker({ customer: 'acme' }), maker({ revokedAt: t0 }), maker({ scopes: ['keys.read'] })]
      for (const key of [last, ...others, maker({}, other)]) await credentials.insert(key)
      expect(await credentials.hasOtherMaker(workspaceId, last.id)).toBe(false)
      const revoke = { workspaceId, id: last.id, customer: null, now: t0 }
      await expect(at.storage.commit(revokeKey, revoke)).rejects.toMatchObject({ code: 'CONFLICT' })
      await credentials.insert(maker({ scopes: ['events.read', 'keys.write'] }))
      expect(await credentials.hasOtherMaker(workspaceId, last.id)).toBe(true)
      await at.storage.commit(revokeKey, revoke)
    })
  })
}
