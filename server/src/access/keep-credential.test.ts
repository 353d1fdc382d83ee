import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultWorkspaceId, newId } from '../base/id.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { type Credential, hashKey, makeKey } from './credential.ts'
import { keepFirstKey, useEnvironmentKey } from './keep-credential.ts'
import { scopes } from './scope.ts'

describe('the credentials', () => {
  const now = 1_700_000_000_000
  let storage: TestStorage
  beforeEach(() => {
    storage = openTestStorage()
  })
  afterEach(() => storage.close())

  const credential = (key: string, origin: Credential['origin']): Credential => ({
    id: newId('credential', now),
    workspaceId: defaultWorkspaceId,
    customer: null,
    name: origin,
    keyHash: hashKey(key),
    preview: key.slice(0, 12),
    scopes,
    origin,
    createdAt: now,
    expiresAt: null,
    revokedAt: null,
  })
  const use = (key: string | null, at = now) =>
    storage.commit(useEnvironmentKey, { credential: key === null ? null : credential(key, 'environment'), now: at })
  const isInForce = async (key: string) => (await storage.reads.credentials.byHash(hashKey(key)))?.revokedAt === null
  const [one, two] = [makeKey(), makeKey()]

  it('have one key of the environment: a former one is out of force', async () => {
    await use(one)
    await use(two, now + 1)
    expect([await isInForce(one), await isInForce(two)]).toEqual([false, true])
    expect((await storage.reads.credentials.byHash(hashKey(one)))?.revokedAt).toBe(now + 1)
    await use(one)
    expect([await isInForce(one), await isInForce(two)]).toEqual([true, false])
    expect(storage.sql('SELECT id FROM credentials')).toHaveLength(2)
  })

  it('have none of the environment when it names none', async () => {
    await use(one)
    await use(null)
    expect(await isInForce(one)).toBe(false)
  })

  it('are the same when two processes start at once with one key', async () => {
    await Promise.all([use(one), use(one), use(one)])
    expect(storage.sql('SELECT id FROM credentials')).toHaveLength(1)
    expect(await isInForce(one)).toBe(true)
  })

  it('keep one first key, of however many that are made at once', async () => {
    const keys = Array.from({ length: 10 }, makeKey)
    const kept = await Promise.all(keys.map((key) => storage.commit(keepFirstKey, credential(key, 'first'))))
    expect(kept.filter(Boolean)).toHaveLength(1)
    expect(await Promise.all(keys.map(isInForce))).toEqual(kept)
  })

  it('keep no first key when there is another one already', async () => {
    await use(one)
    expect(await storage.commit(keepFirstKey, credential(two, 'first'))).toBe(false)
    expect(await storage.reads.credentials.byHash(hashKey(two))).toBeUndefined()
  })

  it('do not hold the key itself', async () => {
    await use(one)
    expect(JSON.stringify(storage.sql('SELECT * FROM credentials'))).not.toContain(one.slice(12))
  })
})
