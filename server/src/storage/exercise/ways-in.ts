import { describe, expect, it } from 'vitest'
import { defaultWorkspaceId } from '../../base/id.ts'
import { keepEnvironmentSource } from '../../inbound/keep-environment-source.ts'
import { noteUnknownRoutes, putRoute, removeRoute } from '../../inbound/keep-route.ts'
import { createSource, deleteSource, updateSource } from '../../inbound/keep-source.ts'
import { type Claim, mostClaimants } from '../../inbound/source-store.ts'
import type { Bench } from './opened.ts'
import { makeSource, news, t0 } from './rows.ts'

let paths = 0
const newPath = () => `/webhook/${paths++}`

/** How sources are found beside their keys, and whose their events are. */
export function exerciseWaysIn(at: Bench): void {
  const create = async (workspaceId: string, claim?: Claim, over: Parameters<typeof makeSource>[1] = {}) => {
    const source = makeSource(workspaceId, over)
    await at.storage.commit(createSource, {
      source,
      ...(claim ? { claim } : {}),
      news: news(workspaceId, 'source.created', source.id),
    })
    return source
  }
  const change = (workspaceId: string, id: string, more: { claim?: Claim | null; isEnabled?: boolean }) =>
    at.storage.commit(updateSource, {
      workspaceId,
      id,
      changes: more.isEnabled === undefined ? {} : { isEnabled: more.isEnabled },
      ...(more.claim === undefined ? {} : { claim: more.claim }),
      now: t0,
      news: news(workspaceId, 'source.updated', id),
    })
  const claimantsOf = async (path: string) =>
    (await at.storage.reads.sources.claimants(path)).map(({ source, tokenHash }) => [source.id, tokenHash])

  describe('a fixed path', () => {
    it('has the sources that claim it, of every workspace, with the hashes of their tokens', async () => {
      const path = newPath()
      const [one, two] = [await at.workspace(), await at.workspace()]
      const first = await create(one, { path, tokenHash: 'h1' })
      const second = await create(two, { path, tokenHash: null }, { createdAt: t0 + 1 })
      await create(two)
      expect(await claimantsOf(path)).toEqual([
        [first.id, 'h1'],
        [second.id, null],
      ])
      expect((await at.storage.reads.sources.read(one, first.id))?.fixedPath).toBe(path)
      await change(two, second.id, { isEnabled: false })
      expect(await claimantsOf(path)).toEqual([[first.id, 'h1']])
      expect((await change(one, first.id, { claim: { path, tokenHash: 'h2' } })).fixedPath).toBe(path)
      expect(await claimantsOf(path)).toEqual([[first.id, 'h2']])
      expect((await change(one, first.id, { claim: null })).fixedPath).toBeNull()
      expect(await claimantsOf(path)).toEqual([])
    })

    it('has room for sixteen, however many ask at once, and keeps nothing of the others', async () => {
      const path = newPath()
      const workspaceId = await at.workspace()
      const settled: PromiseSettledResult<unknown>[] = []
      for (let n = 0; n < mostClaimants + 4; n += 5) {
        const claims = Array.from({ length: 5 }, (_, i) => create(workspaceId, { path, tokenHash: `${n + i}` }))
        settled.push(...(await Promise.allSettled(claims)))
      }
      const refused = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
      expect(refused).toHaveLength(4)
      for (const problem of refused)
        expect(problem).toMatchObject({
          code: 'CONFLICT',
          message: expect.stringContaining(`16 sources share ${path}`),
        })
      expect(await claimantsOf(path)).toHaveLength(mostClaimants)
      expect(await at.storage.reads.sources.list(workspaceId, { after: null, limit: 100 })).toHaveLength(mostClaimants)
      const [taken] = await claimantsOf(path)
      const id = String(taken?.[0])
      await at.storage.commit(deleteSource, { workspaceId, id, news: news(workspaceId, 'source.deleted', id) })
      await create(workspaceId, { path, tokenHash: 'next' })
      expect(await claimantsOf(path)).toHaveLength(mostClaimants)
    })

    it('has each token once, also when two ask for it at once', async () => {
      const path = newPath()
      const workspaceId = await at.workspace()
      const settled = await Promise.allSettled(
        [1, 2, 3].map(() => create(workspaceId, { path, tokenHash: 'the same' })),
      )
      const refused = settled.flatMap((each) => (each.status === 'rejected' ? [each.reason] : []))
      expect(refused).toHaveLength(2)
      for (const problem of refused)
        expect(problem).toMatchObject({ code: 'CONFLICT', errors: [{ at: '/token', message: expect.any(String) }] })
      await create(workspaceId, { path: newPath(), tokenHash: 'the same' })
    })
  })

  describe('a source of the environment', () => {
    const keep = (origin: string, path: string) => {
      const source = makeSource(defaultWorkspaceId, { origin: 'environment' })
      return at.storage.commit(keepEnvironmentSource, {
        origin,
        source,
        claim: { path, tokenHash: null },
        news: news(source.workspaceId, 'source.created', source.id),
      })
    }

    it('is made once, however many make it at once', async () => {
      const path = newPath()
      const kept = await Promise.all(Array.from({ length: 8 }, () => keep('environment:a', path)))
      expect(kept.filter(({ isNew }) => isNew)).toHaveLength(1)
      expect(new Set(kept.map(({ source }) => source.id)).size).toBe(1)
      expect(await claimantsOf(path)).toHaveLength(1)
      expect(kept[0]?.source).toMatchObject({ origin: 'environment', fixedPath: path })
    })

    it('is made again after it was deleted, and claims its path again after it gave it up', async () => {
      const path = newPath()
      const { source } = await keep('environment:b', path)
      const { workspaceId, id } = source
      await change(workspaceId, id, { claim: null })
      expect(await keep('environment:b', path)).toMatchObject({ isNew: false, source: { id, fixedPath: path } })
      await at.storage.commit(deleteSource, { workspaceId, id, news: news(workspaceId, 'source.deleted', id) })
      expect((await keep('environment:b', path)).isNew).toBe(true)
    })

    it('is there without its path when that is full', async () => {
      const path = newPath()
      const workspaceId = await at.workspace()
      for (let i = 0; i < mostClaimants; i++) await create(workspaceId, { path, tokenHash: null })
      const kept = await keep('environment:c', path)
      expect(kept).toMatchObject({
        isNew: true,
        claimFault: expect.stringContaining(path),
        source: { fixedPath: null },
      })
      expect((await at.storage.reads.sources.read(kept.source.workspaceId, kept.source.id))?.fixedPath).toBeNull()
    })
  })

  describe('routes', () => {
    const put = (
      workspaceId: string,
      sourceId: string,
      name: string,
      to: { workspaceId: string; customer: string | null },
      now = t0,
    ) =>
      at.storage.commit(putRoute, {
        workspaceId,
        sourceId,
        route: { route: name, ...to, createdAt: now, updatedAt: now },
        news: news(workspaceId, 'source.route.set', sourceId),
      })
    const versionOf = async (workspaceId: string, id: string) =>
      (await at.storage.reads.sources.read(workspaceId, id))?.routesVersion

    it('are kept, changed, listed by name and taken away, and each change is seen by a number', async () => {
      const [own, other] = [await at.workspace(), await at.workspace()]
      const { id } = await create(own)
      const versions = [await versionOf(own, id)]
      const route = await put(own, id, 'b', { workspaceId: other, customer: 'acme' })
      expect(route).toEqual({ route: 'b', workspaceId: other, customer: 'acme', createdAt: t0, updatedAt: t0 })
      versions.push(await versionOf(own, id))
      const changed = await put(own, id, 'b', { workspaceId: own, customer: null }, t0 + 1)
      expect(changed).toEqual({ route: 'b', workspaceId: own, customer: null, createdAt: t0, updatedAt: t0 + 1 })
      versions.push(await versionOf(own, id))
      await put(own, id, 'a', { workspaceId: own, customer: 'x' })
      const { sources } = at.storage.reads
      const listed = async (after: string | null, limit: number) =>
        (await sources.listRoutes(own, id, { after, limit })).map((each) => each.route)
      expect([await listed(null, 1), await listed('a', 5)]).toEqual([['a'], ['b']])
      expect((await sources.routes(id)).map((each) => each.route).sort()).toEqual(['a', 'b'])
      expect(await sources.listRoutes(other, id, { after: null, limit: 5 })).toEqual([])
      const remove = () =>
        at.storage.commit(removeRoute, {
          workspaceId: own,
          sourceId: id,
          route: 'b',
          news: news(own, 'source.route.deleted', id),
        })
      await remove()
      await expect(remove()).rejects.toMatchObject({ code: 'NOT_FOUND' })
      versions.push(await versionOf(own, id))
      expect(versions[0]).toBe(0)
      expect(new Set(versions).size).toBe(versions.length)
    })

    it('lead to workspaces that there are, from sources of one’s own', async () => {
      const [own, other] = [await at.workspace(), await at.workspace()]
      const { id } = await create(own)
      const to = { workspaceId: own, customer: null }
      await expect(put(own, id, 'a', { ...to, workspaceId: 'ws_none' })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
      })
      await expect(put(other, id, 'a', to)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect(await at.storage.reads.sources.routes(id)).toEqual([])
    })

    it('that are unknown are added up, also by several at once, and those seen last are kept', async () => {
      const own = await at.workspace()
      const { id } = await create(own)
      const note = (route: string, count: number, when: number) =>
        at.storage.commit(noteUnknownRoutes, [{ sourceId: id, route, count, at: when }])
      await note('a', 2, t0)
      await Promise.all([note('a', 1, t0 + 5), note('a', 1, t0 + 5), note('b', 1, t0 + 6)])
      const { sources } = at.storage.reads
      expect(await sources.unknownRoutes(own, id, 10)).toEqual([
        { route: 'b', count: 1, firstSeenAt: t0 + 6, lastSeenAt: t0 + 6 },
        { route: 'a', count: 4, firstSeenAt: t0, lastSeenAt: t0 + 5 },
      ])
      expect(await sources.unknownRoutes(await at.workspace(), id, 10)).toEqual([])
      await put(own, id, 'a', { workspaceId: own, customer: null })
      expect((await sources.unknownRoutes(own, id, 10)).map(({ route }) => route)).toEqual(['b'])
      const many = Array.from({ length: 150 }, (_, i) => ({ sourceId: id, route: `r${i}`, count: 1, at: t0 + 10 + i }))
      await at.storage.commit(noteUnknownRoutes, many)
      const kept = await sources.unknownRoutes(own, id, 1000)
      expect([kept.length, kept[0]?.route, kept.at(-1)?.route]).toEqual([100, 'r149', 'r50'])
    })

    it('go with their source', async () => {
      const own = await at.workspace()
      const { id } = await create(own, { path: newPath(), tokenHash: null })
      await put(own, id, 'a', { workspaceId: own, customer: null })
      await at.storage.commit(deleteSource, { workspaceId: own, id, news: news(own, 'source.deleted', id) })
      for (const table of ['source_routes', 'source_claims', 'unknown_routes'])
        expect(await at.sql(`SELECT source_id FROM ${table} WHERE source_id = ?`, id)).toEqual([])
    })
  })
}
