import { describe, expect, it } from 'vitest'
import { createKey, revokeKey } from '../../access/keep-credential.ts'
import { scopes } from '../../access/scope.ts'
import { newId } from '../../base/id.ts'
import { appendRequest, publishEvent } from '../../events/append.ts'
import { makeDelivery } from './lists.ts'
import type { Bench } from './opened.ts'
import { makeCredential, makeEndpoint, makeEvent, makeParked, makeRequest, makeSource, t0 } from './rows.ts'

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
          (await log.listEvents(workspaceId, { customer }, page)).rows,
          await endpoints.list(workspaceId, { customer }, page),
          (await deliveries.list(workspaceId, { customer }, page)).rows,
        ].flatMap((rows) => rows.map(({ id }) => id))
      expect(await of('acme')).toEqual(made.get('acme'))
      expect(await of('acme ')).toEqual(made.get('acme '))
      for (const nobody of ['', 'ACME', 'a\0b', 'null', "' OR 1=1 --"]) expect(await of(nobody)).toEqual([])
    })

    it('are found by what names them, in alphabetical order, each counted as far as asked', async () => {
      const [workspaceId, other] = [await at.workspace(), await at.workspace()]
      const { customers } = at.storage.reads
      expect(await customers.list(workspaceId, page, 3)).toEqual([])
      const source = makeSource(workspaceId, { customer: 'Zoo' })
      await at.inside.sources.insert(source)
      const route = { route: 'r', workspaceId, customer: 'route', createdAt: t0, updatedAt: t0 }
      await at.inside.sources.putRoute(source.id, route)
      const endpoint = makeEndpoint(workspaceId, { customer: 'acme' })
      const gone = makeEndpoint(workspaceId, { customer: 'gone' })
      const ours = makeEndpoint(workspaceId)
      for (const each of [endpoint, gone, ours]) await at.inside.endpoints.insert(each)
      await at.inside.endpoints.remove(workspaceId, gone.id, t0)
      for (let i = 0; i < 5; i++)
        await at.storage.commit(publishEvent, makeEvent({ workspaceId, customer: 'acme', at: t0 + i }))
      await at.storage.commit(publishEvent, makeEvent({ workspaceId, customer: 'éclair' }))
      await at.storage.commit(publishEvent, makeEvent({ workspaceId: other, customer: 'another' }))
      for (const { id } of [endpoint, ours])
        await at.inside.deliveries.add([makeDelivery(workspaceId, { customer: 'acme', endpointId: id })])
      const none = { endpoints: 0, events: 0, deliveries: 0, lastEventAt: null }
      const acme = { name: 'acme', endpoints: 1, events: 3, deliveries: 2, lastEventAt: t0 + 4 }
      const all = [
        { ...none, name: 'Zoo' },
        acme,
        { ...none, name: 'route' },
        { ...none, name: 'éclair', events: 1, lastEventAt: t0 },
      ]
      expect(await customers.list(workspaceId, page, 3)).toEqual(all)
      expect(await customers.list(workspaceId, { after: 'acme', limit: 1 }, 3)).toEqual([all[2]])
      // What goes to endpoints of nobody's is not counted for the customer himself.
      const own = all.map((each) => (each === acme ? { ...acme, deliveries: 1 } : each))
      for (const each of own) expect(await customers.read(workspaceId, each.name, 3)).toEqual(each)
      for (const name of ['gone', 'another', 'nobody', ''])
        expect(await customers.read(workspaceId, name, 3)).toBeUndefined()
    })

    it('narrow the lists of requests and of parked events', async () => {
      const workspaceId = await at.workspace()
      const [ofAcme, shared] = [makeSource(workspaceId, { customer: 'acme' }), makeSource(workspaceId)]
      for (const source of [ofAcme, shared]) await at.inside.sources.insert(source)
      const refused = makeRequest({ workspaceId, sourceId: ofAcme.id, verdict: 'quarantined', cause: 'STALE', at: t0 })
      const routed = makeRequest({ workspaceId, sourceId: shared.id, at: t0 + 1 })
      const events = routed.events.map((event) => ({ ...event, customer: 'acme' }))
      const bravo = makeRequest({ workspaceId, sourceId: shared.id, at: t0 + 2 })
      for (const request of [{ ...refused, events: [] }, { ...routed, events }, bravo])
        await at.storage.commit(appendRequest, request)
      const { requests, followers, log } = at.storage.reads
      const found = async (customer: string) =>
        (await requests.list(workspaceId, { customer }, page)).rows.map(({ id }) => id)
      expect(await found('acme')).toEqual([routed.id, refused.id])
      expect(await found('bravo')).toEqual([])
      const [event, others] = [await log.readEvent(workspaceId, events[0]?.id ?? ''), bravo.events[0]?.id ?? '']
      const seqs = [event?.seq ?? 0, (await log.readEvent(workspaceId, others))?.seq ?? 0]
      for (const [i, seq] of seqs.entries())
        await at.inside.followers.park([
          makeParked({ workspaceId, seq, eventId: i === 0 ? (event?.id ?? '') : others }),
        ])
      const parked = await followers.listParked(workspaceId, { customer: 'acme' }, page)
      expect(parked.map(({ eventId }) => eventId)).toEqual([event?.id])
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
      const listed = (await deliveries.list(workspaceId, { customer: 'acme', endpointsOf: 'acme' }, page)).rows
      expect(listed.map(({ id }) => id)).toEqual([toGone.id, toOwn.id])
      expect((await deliveries.list(workspaceId, { endpointsOf: 'bravo' }, page)).rows).toEqual([])
      const read = async (...args: Parameters<typeof deliveries.read>) => (await deliveries.read(...args))?.id
      expect(await read(workspaceId, toOwn.id, 'acme')).toBe(toOwn.id)
      expect(await read(workspaceId, toGone.id, 'acme')).toBe(toGone.id)
      expect(await read(workspaceId, toOperator.id, 'acme')).toBeUndefined()
      expect(await read(workspaceId, toOperator.id)).toBe(toOperator.id)
      expect(await read(workspaceId, toOwn.id, 'bravo')).toBeUndefined()
      const bounds = { after: toGone.id, limit: 1 }
      const next = (await deliveries.list(workspaceId, { endpointsOf: 'acme' }, bounds)).rows
      expect(next.map(({ id }) => id)).toEqual([toOwn.id])
      // Of very many endpoints as of a few.
      for (let i = 0; i < 20; i++) await at.inside.endpoints.insert(makeEndpoint(workspaceId, { customer: 'acme' }))
      expect((await deliveries.list(workspaceId, { endpointsOf: 'acme' }, page)).rows).toEqual(listed)
      expect((await deliveries.list(workspaceId, { endpointsOf: 'acme' }, bounds)).rows).toEqual(next)
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

      const revoke = { workspaceId, id: acme.id, customer: null, scopes, now: t0 + 1 }
      for (const wrong of [{ workspaceId: other }, { customer: 'bravo' }, { id: newId('credential', t0) }])
        await expect(at.storage.commit(revokeKey, { ...revoke, ...wrong })).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect((await credentials.read(workspaceId, acme.id))?.revokedAt).toBeNull()
      const lesser = at.storage.commit(revokeKey, { ...revoke, scopes: acme.scopes.slice(1) })
      await expect(lesser).rejects.toMatchObject({ code: 'SCOPE_MISSING' })
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
      const revoke = { workspaceId, id: last.id, customer: null, scopes, now: t0 }
      await expect(at.storage.commit(revokeKey, revoke)).rejects.toMatchObject({ code: 'CONFLICT' })
      await credentials.insert(maker({ scopes: ['events.read', 'keys.write'] }))
      expect(await credentials.hasOtherMaker(workspaceId, last.id)).toBe(true)
      await at.storage.commit(revokeKey, revoke)
    })
  })
}
