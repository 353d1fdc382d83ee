import { describe, expect, it } from 'vitest'
import { putRoute, removeRoute } from '../../inbound/keep-route.ts'
import { createSource, deleteSource, rotateSecret, updateSource } from '../../inbound/keep-source.ts'
import type { Bench } from './opened.ts'
import { makeSource, news, t0 } from './rows.ts'

/** How the way in learns that a source has changed, and how secrets are changed by several at once. */
export function exerciseSourceVersion(at: Bench): void {
  async function create(workspaceId: string) {
    const source = makeSource(workspaceId)
    await at.storage.commit(createSource, { source, news: news(workspaceId, 'source.created', source.id) })
    return source
  }

  it('the version of the sources is another one after each change, and the same without one', async () => {
    const { sources } = at.storage.reads
    const own = await at.workspace()
    const seen = [await sources.version()]
    const look = async () => void seen.push(await sources.version())
    const source = await create(own)
    const { id } = source
    await look()
    const change = () => ({ workspaceId: own, id, now: t0, news: news(own, 'source.updated', id) })
    await at.storage.commit(updateSource, { ...change(), changes: { isEnabled: false } })
    await look()
    await at.storage.commit(updateSource, { ...change(), changes: {}, claim: { path: '/versions', tokenHash: null } })
    await look()
    await at.storage.commit(rotateSecret, {
      ...change(),
      sealed: { before: source.sealedSecrets, after: 'v1.other', former: 'v1.former' },
    })
    await look()
    const route = { route: 'a', workspaceId: own, customer: null, createdAt: t0, updatedAt: t0 }
    await at.storage.commit(putRoute, { ...change(), sourceId: id, route })
    await look()
    await at.storage.commit(removeRoute, { ...change(), sourceId: id, route: 'a' })
    await look()
    await at.storage.commit(deleteSource, change())
    await look()
    expect(new Set(seen).size).toBe(seen.length)
    await look()
    expect(seen.at(-1)).toBe(seen.at(-2))
  })

  it('many changes at once all go through, and the version is none of those before', async () => {
    const own = await at.workspace()
    const before = await at.storage.reads.sources.version()
    const made = await Promise.all(Array.from({ length: 10 }, () => create(own)))
    await Promise.all(
      made.flatMap(({ id }, i) =>
        [1, 2].map((n) =>
          at.storage.commit(updateSource, {
            workspaceId: own,
            id,
            changes: { name: `name ${n}` },
            ...(i < 4 ? { claim: { path: '/at-once', tokenHash: null } } : {}),
            now: t0,
            news: news(own, 'source.updated', id),
          }),
        ),
      ),
    )
    expect(await at.storage.reads.sources.version()).not.toBe(before)
  })

  describe('secrets', () => {
    it('are changed by one of those who change them at once; the others hear of it', async () => {
      const own = await at.workspace()
      const { id, sealedSecrets: before } = await create(own)
      const rotate = (after: string) =>
        at.storage.commit(rotateSecret, {
          workspaceId: own,
          id,
          sealed: { before, after, former: 'v1.former' },
          now: t0,
          news: news(own, 'source.updated', id),
        })
      const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd'].map((each) => rotate(`v1.${each}`)))
      const won = outcomes.flatMap((each) => (each.status === 'fulfilled' ? [each.value.sealedSecrets] : []))
      const lost = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason.code] : []))
      expect([won.length, lost]).toEqual([1, ['CONFLICT', 'CONFLICT', 'CONFLICT']])
      expect((await at.storage.reads.sources.read(own, id))?.sealedSecrets).toBe(won[0])
    })

    it('of another workspace’s source are not changed', async () => {
      const [own, other] = [await at.workspace(), await at.workspace()]
      const { id, sealedSecrets: before } = await create(own)
      const sealed = { before, after: 'v1.stolen', former: 'v1.former' }
      const rotation = { workspaceId: other, id, sealed, now: t0, news: news(other, 'source.updated', id) }
      await expect(at.storage.commit(rotateSecret, rotation)).rejects.toMatchObject({ code: 'NOT_FOUND' })
      expect((await at.storage.reads.sources.read(own, id))?.sealedSecrets).toBe(before)
      expect(await at.storage.reads.sources.formerSecrets(own, id)).toBeUndefined()
    })

    it('that are former are kept with their source, replaced, and seen by its workspace only', async () => {
      const [own, other] = [await at.workspace(), await at.workspace()]
      const { id, sealedSecrets: before } = await create(own)
      const told = () => ({ now: t0, news: news(own, 'source.updated', id) })
      const former = (workspaceId = own) => at.storage.reads.sources.formerSecrets(workspaceId, id)
      expect(await former()).toBeUndefined()
      const sealed = { before, after: 'v1.next', former: 'v1.first' }
      await at.storage.commit(rotateSecret, { workspaceId: own, id, sealed, ...told() })
      expect([await former(), await former(other)]).toEqual(['v1.first', undefined])
      const changes = { sealedSecrets: 'v1.last', formerSecrets: 'v1.second' }
      await at.storage.commit(updateSource, { workspaceId: own, id, changes, ...told() })
      expect(await former()).toBe('v1.second')
      await at.storage.commit(deleteSource, { workspaceId: own, id, news: told().news })
      expect(await former()).toBeUndefined()
    })
  })

  it('the sources of a kind are found, the newest first, and none of another workspace or kind', async () => {
    const [own, other] = [await at.workspace(), await at.workspace()]
    const make = async (workspaceId: string, kind: string, createdAt: number) => {
      const source = makeSource(workspaceId, { kind, createdAt })
      await at.storage.commit(createSource, { source, news: news(workspaceId, 'source.created', source.id) })
      return source.id
    }
    const [first, second, third] = [await make(own, 'github', 1), await make(own, 'github', 2), await make(own, 'github', 3)]
    for (const [workspaceId, kind] of [
      [own, 'stripe'],
      [other, 'github'],
    ] as const)
      await make(workspaceId, kind, 4)
    const ids = async (limit: number) => (await at.storage.reads.sources.ofKind(own, 'github', limit)).map(({ id }) => id)
    expect(await ids(10)).toEqual([third, second, first])
    expect(await ids(2)).toEqual([third, second])
  })

  it('a limit is kept with its source, changed and taken away', async () => {
    const own = await at.workspace()
    const source = makeSource(own, { rateLimit: { requests: 5, perSeconds: 60 } })
    await at.storage.commit(createSource, { source, news: news(own, 'source.created', source.id) })
    const limitOf = async () => (await at.storage.reads.sources.read(own, source.id))?.rateLimit
    expect(await limitOf()).toEqual({ requests: 5, perSeconds: 60 })
    for (const rateLimit of [{ requests: 1, perSeconds: 1 }, null]) {
      const change = { workspaceId: own, id: source.id, changes: { rateLimit }, now: t0 }
      await at.storage.commit(updateSource, { ...change, news: news(own, 'source.updated', source.id) })
      expect(await limitOf()).toEqual(rateLimit)
    }
  })
}
