import { beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { appendRequest } from '../../events/append.ts'
import { makeDelivery } from './lists.ts'
import type { Bench } from './opened.ts'
import { makeEndpoint, makeRequest, makeSettle, makeSource, t0 } from './rows.ts'

/** Another workspace's ids answer as random ones do, and change nothing. */
export function exerciseTenants(at: Bench): void {
  describe('tenants', () => {
    const source = makeSource('')
    const endpoint = makeEndpoint('')
    let owner = ''
    let other = ''
    let request = makeRequest({ workspaceId: '', sourceId: '' })
    let delivery = makeDelivery('')

    beforeAll(async () => {
      owner = await at.workspace()
      other = await at.workspace()
      await at.inside.sources.insert({ ...source, workspaceId: owner })
      await at.inside.endpoints.insert({ ...endpoint, workspaceId: owner })
      await at.inside.lanes.insert({ ...endpoint, workspaceId: owner })
      request = makeRequest({ workspaceId: owner, sourceId: source.id, type: 'test.made' })
      await at.storage.commit(appendRequest, request)
      const event = await at.storage.reads.log.readEvent(owner, request.events[0]?.id ?? '')
      delivery = makeDelivery(owner, { endpointId: endpoint.id, eventId: event?.id ?? '', eventSeq: event?.seq ?? 0 })
      await at.inside.deliveries.add([delivery])
      const generation = (await at.inside.lanes.take(endpoint.id, 'nobody'))?.generation
      const claimed = await at.inside.deliveries.claim([{ endpointId: endpoint.id, limit: 10, inHand: [] }], t0, 1000)
      for (const due of claimed.get(endpoint.id)?.due ?? []) {
        const outcome = { status: 'pending' as const, dueAt: t0 + 5000 }
        await at.inside.deliveries.settle([makeSettle(endpoint.id, generation ?? 0, due, outcome)])
      }
    })

    it('find what is theirs', async () => {
      expect(await everything(owner)).toEqual({
        source: source.id,
        sources: [source.id],
        endpoint: endpoint.id,
        endpoints: [endpoint.id],
        targets: [endpoint.id],
        event: request.events[0]?.id,
        events: [request.events[0]?.id],
        eventsOfSource: [request.events[0]?.id],
        eventsOfType: [request.events[0]?.id],
        eventsSince: [request.events[0]?.id],
        request: request.id,
        requests: [request.id],
        beginning: 1,
        body: '{"n":1}',
        delivery: delivery.id,
        deliveries: [delivery.id],
        deliveriesOfEndpoint: [delivery.id],
        deliveriesOfEvent: [delivery.id],
        attempts: [1],
      })
    })

    it('find nothing of another one', async () => {
      expect(await everything(other)).toEqual({
        source: undefined,
        sources: [],
        endpoint: undefined,
        endpoints: [],
        targets: [],
        event: undefined,
        events: [],
        eventsOfSource: [],
        eventsOfType: [],
        eventsSince: [],
        request: undefined,
        requests: [],
        beginning: undefined,
        body: undefined,
        delivery: undefined,
        deliveries: [],
        deliveriesOfEndpoint: [],
        deliveriesOfEvent: [],
        attempts: [],
      })
    })

    it('change nothing of another one', async () => {
      const before = await everything(owner)
      const { sources, endpoints, deliveries } = at.inside
      expect(await sources.update(other, source.id, { name: 'mine now' }, t0)).toBeUndefined()
      expect(await sources.remove(other, source.id)).toBe(false)
      expect(await endpoints.update(other, endpoint.id, { url: 'https://evil.example/' }, t0)).toBeUndefined()
      expect(await endpoints.remove(other, endpoint.id, t0)).toBe(false)
      expect(await deliveries.restart(other, delivery.id, t0)).toBeUndefined()
      expect(await everything(owner)).toEqual(before)
      expect((await sources.read(owner, source.id))?.name).toBe('a source')
      expect((await endpoints.read(owner, endpoint.id))?.url).toBe(endpoint.url)
      expect(await deliveries.read(owner, delivery.id)).toMatchObject({ status: 'pending', dueAt: t0 + 5000 })
    })

    it('are answered the same for ids of no form', async () => {
      for (const id of ['', 'nonsense', 'evt_', 'req_%', newId('event', t0), '\0', "'"]) {
        expect(await at.storage.reads.log.readEvent(owner, id)).toBeUndefined()
        expect(await at.storage.reads.log.readRequest(owner, id)).toBeUndefined()
        expect(await at.storage.reads.log.readBody(owner, id)).toBeUndefined()
        expect(await at.storage.reads.requests.beginning(owner, id, 10)).toBeUndefined()
        expect(await at.storage.reads.sources.read(owner, id)).toBeUndefined()
        expect(await at.storage.reads.sources.byKey(id)).toBeUndefined()
        expect(await at.storage.reads.endpoints.read(owner, id)).toBeUndefined()
        expect(await at.storage.reads.deliveries.read(owner, id)).toBeUndefined()
        expect(await at.storage.reads.deliveries.attempts(owner, id)).toEqual([])
        expect(await at.storage.reads.credentials.byHash(id)).toBeUndefined()
      }
    })

    /** What a workspace is told about one source, endpoint, request, event and delivery. */
    async function everything(workspaceId: string) {
      const { sources, endpoints, log, requests, deliveries } = at.storage.reads
      const page = { after: null, limit: 10 }
      const eventId = request.events[0]?.id ?? ''
      const body = await log.readBody(workspaceId, request.id)
      return {
        source: (await sources.read(workspaceId, source.id))?.id,
        sources: ids(await sources.list(workspaceId, page)),
        endpoint: (await endpoints.read(workspaceId, endpoint.id))?.id,
        endpoints: ids(await endpoints.list(workspaceId, {}, page)),
        targets: ids(await at.inside.endpoints.targets(workspaceId)),
        event: (await log.readEvent(workspaceId, eventId))?.id,
        events: ids((await log.listEvents(workspaceId, {}, page)).rows),
        eventsOfSource: ids((await log.listEvents(workspaceId, { sourceId: source.id }, page)).rows),
        eventsOfType: ids((await log.listEvents(workspaceId, { type: 'test.*' }, page)).rows),
        eventsSince: ids(await log.headsAfter(workspaceId, 0, Number.MAX_SAFE_INTEGER, 10)),
        request: (await log.readRequest(workspaceId, request.id))?.id,
        requests: ids((await requests.list(workspaceId, {}, page)).rows),
        beginning: (await requests.beginning(workspaceId, request.id, 1))?.length,
        body: body && Buffer.from(body).toString(),
        delivery: (await deliveries.read(workspaceId, delivery.id))?.id,
        deliveries: ids((await deliveries.list(workspaceId, {}, page)).rows),
        deliveriesOfEndpoint: ids((await deliveries.list(workspaceId, { endpointId: endpoint.id }, page)).rows),
        deliveriesOfEvent: ids((await deliveries.list(workspaceId, { eventId }, page)).rows),
        attempts: (await deliveries.attempts(workspaceId, delivery.id)).map(({ number }) => number),
      }
    }
  })
}

const ids = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id)
