import { describe, expect, it } from 'vitest'
import { keepFirstKey, useEnvironmentKey } from '../../access/keep-credential.ts'
import { keepKeys } from '../../access/keyring.ts'
import { newId } from '../../base/id.ts'
import { createSource, deleteSource, updateSource } from '../../inbound/keep-source.ts'
import { type EndpointSettings, plainSettings } from '../../outbound/endpoint/endpoint.ts'
import type { SigningState } from '../../outbound/endpoint/endpoint-store.ts'
import { createEndpoint, deleteEndpoint, updateEndpoint } from '../../outbound/endpoint/keep-endpoint.ts'
import type { Bench } from './opened.ts'
import { makeCredential, makeEndpoint, makeSource, news, t0 } from './rows.ts'

/** State that commands write, with its news in the log. */
export function exerciseState(at: Bench): void {
  describe('state', () => {
    const newsOf = async (workspaceId: string, subject: string) =>
      (await at.storage.reads.log.listEvents(workspaceId, {}, { after: null, limit: 100 })).rows
        .filter((event) => event.subject === subject)
        .map(({ type }) => type)
        .reverse()

    it('keeps a source as it is created, changed and deleted', async () => {
      const workspaceId = await at.workspace()
      const source = makeSource(workspaceId, { customer: 'c1', config: '{"a":1}', isEnabled: false })
      const { id } = source
      expect(await at.storage.commit(createSource, { source, news: news(workspaceId, 'source.created', id) })).toEqual(
        source,
      )
      const { sources } = at.storage.reads
      expect(await sources.read(workspaceId, id)).toEqual(source)
      expect(await sources.byKey(source.key)).toEqual(source)

      const update = { workspaceId, id, now: t0 + 1, news: news(workspaceId, 'source.updated', id) }
      const changed = { ...source, name: 'renamed', isEnabled: true, sealedSecrets: 'v1.other', updatedAt: t0 + 1 }
      const changes = { name: 'renamed', isEnabled: true, sealedSecrets: 'v1.other' }
      expect(await at.storage.commit(updateSource, { ...update, changes })).toEqual(changed)
      expect(await sources.read(workspaceId, id)).toEqual(changed)

      await at.storage.commit(deleteSource, { workspaceId, id, news: news(workspaceId, 'source.deleted', id) })
      expect(await sources.read(workspaceId, id)).toBeUndefined()
      expect(await sources.byKey(source.key)).toBeUndefined()
      const again = at.storage.commit(deleteSource, { workspaceId, id, news: news(workspaceId, 'source.deleted', id) })
      await expect(again).rejects.toMatchObject({ name: 'Problem', code: 'NOT_FOUND' })
      expect(await newsOf(workspaceId, id)).toEqual(
        ['created', 'updated', 'deleted'].map((what) => `trunkline.source.${what}`),
      )
    })

    it('refuses a second source with the same key, and keeps no news of it', async () => {
      const workspaceId = await at.workspace()
      const [first, second] = [makeSource(workspaceId, { key: 'one key' }), makeSource(workspaceId, { key: 'one key' })]
      const create = (source: typeof first) =>
        at.storage.commit(createSource, { source, news: news(workspaceId, 'source.created', source.id) })
      await create(first)
      await expect(create(second)).rejects.toThrow(/unique/i)
      expect(await newsOf(workspaceId, second.id)).toEqual([])
    })

    it('keeps an endpoint as it is created, changed and deleted, and its lane with it', async () => {
      const workspaceId = await at.workspace()
      const endpoint = makeEndpoint(workspaceId, { customer: 'c1', eventTypes: ['a', 'b.*'], payload: 'raw' })
      const { id } = endpoint
      const laneOf = async () => {
        const [lane] = await at.sql('SELECT state, next_due FROM lanes WHERE endpoint_id = ?', id)
        return lane && [lane.state, lane.next_due === null ? null : Number(lane.next_due)]
      }
      const created = await at.storage.commit(createEndpoint, {
        endpoint,
        news: news(workspaceId, 'endpoint.created', id),
      })
      const [event] = (await at.storage.reads.log.listEvents(workspaceId, {}, { after: null, limit: 1 })).rows
      expect(created).toEqual({ ...endpoint, afterSeq: event?.seq })
      const { endpoints } = at.storage.reads
      expect(await endpoints.read(workspaceId, id)).toEqual(created)
      expect(await laneOf()).toEqual(['active', null])

      const update = () => ({ workspaceId, id, news: news(workspaceId, 'endpoint.updated', id) })
      const changes = { status: 'paused' as const, statusReason: 'by hand', eventTypes: ['**'], concurrency: 9 }
      const changed = await at.storage.commit(updateEndpoint, { ...update(), changes, now: t0 + 1 })
      expect(changed).toEqual({ ...created, ...changes, updatedAt: t0 + 1 })
      expect(await laneOf()).toEqual(['paused', t0 + 1])
      await at.storage.commit(updateEndpoint, { ...update(), changes: { statusReason: null }, now: t0 + 2 })
      expect(await endpoints.read(workspaceId, id)).toMatchObject({ status: 'paused', statusReason: null })
      expect(await laneOf()).toEqual(['paused', t0 + 1])

      const remove = { workspaceId, id, now: t0 + 3, news: news(workspaceId, 'endpoint.deleted', id) }
      await at.storage.commit(deleteEndpoint, remove)
      expect(await endpoints.read(workspaceId, id)).toBeUndefined()
      expect([...(await at.inside.endpoints.forDelivery([id])).keys()]).toEqual([])
      expect(await laneOf()).toEqual(['deleted', t0 + 3])
      await expect(at.storage.commit(deleteEndpoint, remove)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      const late = at.storage.commit(updateEndpoint, {
        ...update(),
        changes: { url: 'https://x.example' },
        now: t0 + 4,
      })
      await expect(late).rejects.toMatchObject({ code: 'NOT_FOUND' })
    })

    it('keeps every setting of an endpoint, as created and as changed, and lets each go again', async () => {
      const workspaceId = await at.workspace()
      const { endpoints } = at.inside
      const settings: EndpointSettings = {
        name: 'billing',
        resourceTypes: ['invoice'],
        filter: '{"data.amount":{"$gt":1}}',
        sealedHeaders: 'v1.headers',
        retry: { delaysSeconds: [1, 2] },
        timeoutMs: 5000,
        rateLimit: { limit: 10, per: 'minute' },
        ordering: 'key',
        metadata: '{"team":"a"}',
        signatures: ['standard', 'stripe'],
        formerSecrets: [{ sealed: 'v1.former', until: t0 }],
        sealedTls: 'v1.tls',
        verifiedAt: t0,
      }
      const created = makeEndpoint(workspaceId, settings)
      await endpoints.insert(created)
      const plain = makeEndpoint(workspaceId)
      await endpoints.insert(plain)
      for (const endpoint of [created, plain]) {
        expect(await endpoints.read(workspaceId, endpoint.id)).toEqual(endpoint)
        expect((await endpoints.forDelivery([endpoint.id])).get(endpoint.id)).toEqual(endpoint)
      }
      const { id, customer, eventTypes, afterSeq, resourceTypes, filter, ordering } = created
      const target = { id, workspaceId, customer, eventTypes, afterSeq, resourceTypes, filter, ordering }
      expect(await endpoints.targets(workspaceId)).toContainEqual(target)
      expect(await endpoints.update(workspaceId, id, plainSettings, t0)).toMatchObject(plainSettings)
      expect(await endpoints.update(workspaceId, plain.id, settings, t0)).toMatchObject(settings)
    })

    it('keeps when the URL of an endpoint was first seen to answer', async () => {
      const workspaceId = await at.workspace()
      const { endpoints } = at.inside
      const { id, url } = makeEndpoint(workspaceId)
      await endpoints.insert({ ...makeEndpoint(workspaceId), id, url })
      const verifiedAt = async () => (await endpoints.read(workspaceId, id))?.verifiedAt
      await endpoints.verify(id, 'https://example.org/another', t0)
      expect(await verifiedAt()).toBeNull()
      for (const now of [t0 + 1, t0 + 2]) await endpoints.verify(id, url, now)
      expect(await verifiedAt()).toBe(t0 + 1)
    })

    it('changes an endpoint only while its secret and its signatures are those that the change was checked against', async () => {
      const workspaceId = await at.workspace()
      const { endpoints } = at.inside
      for (const signatures of [null, ['stripe', 'github']] as const) {
        const endpoint = makeEndpoint(workspaceId, { signatures })
        const { id, sealedSecret } = endpoint
        await endpoints.insert(endpoint)
        const rotate = (to: string, expected: SigningState) =>
          endpoints.update(workspaceId, id, { sealedSecret: to }, t0 + 1, expected)
        expect(await rotate('v1.a', { sealedSecret: 'v1.other', signatures })).toBeUndefined()
        expect(await rotate('v1.a', { sealedSecret, signatures: ['stripe'] })).toBeUndefined()
        expect(await rotate('v1.a', { sealedSecret, signatures: signatures ? null : ['github'] })).toBeUndefined()
        expect(await endpoints.read(workspaceId, id)).toEqual(endpoint)
        const changed = { ...endpoint, sealedSecret: 'v1.a', updatedAt: t0 + 1 }
        expect(await rotate('v1.a', { sealedSecret, signatures })).toEqual(changed)
        expect(await rotate('v1.b', { sealedSecret, signatures })).toBeUndefined()
        expect(await endpoints.read(workspaceId, id)).toEqual(changed)
      }
    })

    it('says with a number whether the endpoints of a workspace have changed', async () => {
      const [workspaceId, other] = [await at.workspace(), await at.workspace()]
      const { endpoints } = at.inside
      const versions = [await endpoints.targetsVersion(workspaceId)]
      const endpoint = makeEndpoint(workspaceId)
      const note = async () => versions.push(await endpoints.targetsVersion(workspaceId))
      await endpoints.insert(endpoint)
      await note()
      await endpoints.update(workspaceId, endpoint.id, { description: 'x' }, t0)
      await note()
      await endpoints.update(workspaceId, newId('endpoint', t0), { description: 'x' }, t0)
      await endpoints.insert(makeEndpoint(other))
      await note()
      await endpoints.remove(workspaceId, endpoint.id, t0)
      await note()
      const [before, inserted, updated, unchanged, removed] = versions
      expect(unchanged).toBe(updated)
      expect(new Set([before, inserted, updated, removed]).size).toBe(4)
      expect(await endpoints.targetsVersion('ws_unknown')).toBe(0)
    })

    it('keeps one first key of two that race, and none when there is a key already', async () => {
      const workspaceId = await at.workspace()
      const candidates = Array.from({ length: 8 }, () => makeCredential(workspaceId, { origin: 'first' }))
      const kept = await Promise.all(candidates.map((each) => at.storage.commit(keepFirstKey, each)))
      expect(kept.filter(Boolean)).toHaveLength(1)
      const winner = candidates[kept.indexOf(true)] ?? makeCredential('')
      expect(await at.storage.reads.credentials.byHash(winner.keyHash)).toEqual(winner)
      expect(await at.storage.commit(keepFirstKey, makeCredential(workspaceId, { origin: 'first' }))).toBe(false)
    })

    it('has one key of the environment: another one, or none, revokes it', async () => {
      const workspaceId = await at.workspace()
      const [one, two] = [1, 2].map(() => makeCredential(workspaceId, { origin: 'environment' })) as [
        ReturnType<typeof makeCredential>,
        ReturnType<typeof makeCredential>,
      ]
      const api = makeCredential(workspaceId)
      await at.inside.credentials.insertUnlessThere(api)
      const use = (credential: typeof one | null, now: number) =>
        Promise.all(
          // Two processes that start at once: each makes an id of its own for the same key.
          [1, 2].map(() =>
            at.storage.commit(useEnvironmentKey, {
              credential: credential && { ...credential, id: newId('credential', now) },
              now,
            }),
          ),
        )
      const revokedAt = async ({ keyHash }: typeof one) =>
        (await at.storage.reads.credentials.byHash(keyHash))?.revokedAt
      await use(one, t0)
      expect(await revokedAt(one)).toBeNull()
      await use(two, t0 + 1)
      expect([await revokedAt(one), await revokedAt(two)]).toEqual([t0 + 1, null])
      await use(one, t0 + 2)
      expect([await revokedAt(one), await revokedAt(two)]).toEqual([null, t0 + 2])
      // A version that knows more scopes gives them to the key that an older one has kept.
      await use({ ...one, scopes: ['events.read', 'personal.read'] }, t0 + 2)
      expect((await at.storage.reads.credentials.byHash(one.keyHash))?.scopes).toEqual(['events.read', 'personal.read'])
      await use(null, t0 + 3)
      expect([await revokedAt(one), await revokedAt(two), await revokedAt(api)]).toEqual([t0 + 3, t0 + 2, null])
      // One that was made through the API, and is the variable's from now on, goes with it too.
      const bound = makeCredential(workspaceId, { customer: 'acme', expiresAt: t0 + 1 })
      await at.inside.credentials.insert(bound)
      await use({ ...bound, origin: 'environment', customer: null, expiresAt: null }, t0 + 4)
      const known = await at.storage.reads.credentials.byHash(bound.keyHash)
      expect(known).toMatchObject({ id: bound.id, origin: 'environment', customer: null, expiresAt: null })
      await use(null, t0 + 5)
      expect(await revokedAt(bound)).toBe(t0 + 5)
      expect(await at.inside.credentials.hasAny()).toBe(true)
    })

    it('counts the signs of life of each process, and strikes off those that stand still', async () => {
      const { processes } = at.inside
      const [one, two] = [newId('process', t0), newId('process', t0)]
      await Promise.all(Array.from({ length: 20 }, () => processes.beat({ id: one, roles: ['accept'] }, t0)))
      await processes.beat({ id: two, roles: ['deliver', 'follow'] }, t0)
      const listed = async () => (await processes.list()).filter(({ id }) => id === one || id === two)
      expect(await listed()).toEqual(
        [
          { id: one, beats: 20, roles: ['accept'] },
          { id: two, beats: 1, roles: ['deliver', 'follow'] },
        ].sort((a, b) => (a.id < b.id ? -1 : 1)),
      )
      const silent = [
        { id: one, beats: 19 },
        { id: two, beats: 1 },
      ]
      // Of many that take a process for dead at once, one has struck it off.
      const struck = await Promise.all(Array.from({ length: 8 }, () => processes.strike(silent)))
      expect(struck.flat()).toEqual([two])
      expect((await listed()).map(({ id }) => id)).toEqual([one])
      await processes.remove(one)
    })

    it('keeps the first value of the keyring under each name', async () => {
      const candidates = Array.from({ length: 8 }, (_, i) => ({ check: `check ${i}`, dedupe: `dedupe ${i}` }))
      const kept = await Promise.all(candidates.map((each) => at.storage.commit(keepKeys, each)))
      expect(new Set(kept.map(({ check }) => check)).size).toBe(1)
      expect(kept).toContainEqual(candidates[Number(kept[0]?.check?.slice(-1))])
      expect(await at.inside.keyring.read('check')).toBe(kept[0]?.check)
      expect(await at.inside.keyring.read('nothing')).toBeUndefined()
    })

    it('is all there after the database was closed and opened again', async () => {
      const workspaceId = await at.workspace()
      const source = makeSource(workspaceId)
      await at.storage.commit(createSource, { source, news: news(workspaceId, 'source.created', source.id) })
      await at.reopen()
      expect(await at.storage.reads.sources.byKey(source.key)).toEqual(source)
      expect(await newsOf(workspaceId, source.id)).toEqual(['trunkline.source.created'])
    })
  })
}
