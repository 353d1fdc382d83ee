import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createSeal } from '../base/seal.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { keepKeys, newKeys, openKeys } from './keyring.ts'
import type { SigningPair } from './signing-pair.ts'

const [key, other] = [randomBytes(32), randomBytes(32)]
let storage: TestStorage
beforeEach(() => {
  storage = openTestStorage()
})
afterEach(() => storage.close())

/** The secret half of a pair. */
const seedOf = (pair: SigningPair | undefined) => pair?.privateKey.export({ format: 'jwk' }).d
const start = async (seal = createSeal(key)) => openKeys(seal, await storage.commit(keepKeys, newKeys(seal)))

it('the server’s own keys are made once, and are the same at every start and in every process', async () => {
  const [first, ...others] = await Promise.all([start(), start(), start()])
  others.push(await start())
  expect(first?.dedupe).toHaveLength(32)
  expect(first?.cursor).toHaveLength(32)
  expect(first?.dedupe.equals(first.cursor)).toBe(false)
  expect(first?.signing.publicKey).toMatch(/^whpk_/)
  for (const { signing, ...each } of others) {
    expect(each).toEqual({ dedupe: first?.dedupe, cursor: first?.cursor })
    expect(signing.jwk).toEqual(first?.signing.jwk)
    expect(seedOf(signing)).toBe(seedOf(first?.signing))
  }
})

it('a database of an earlier version gets the key that it has not, and keeps the others', async () => {
  const seal = createSeal(key)
  const { signing: _, ...earlier } = newKeys(seal)
  const before = openKeys(seal, { ...newKeys(seal), ...(await storage.commit(keepKeys, earlier)) })
  const after = await start()
  expect([after.dedupe, after.cursor]).toEqual([before.dedupe, before.cursor])
  expect(seedOf((await start()).signing)).toBe(seedOf(after.signing))
})

it('they are stored sealed', async () => {
  const keys = await start()
  const stored = JSON.stringify(storage.sql('SELECT * FROM keyring'))
  const seed = Buffer.from(seedOf(keys.signing) ?? '', 'base64url')
  expect(seed).toHaveLength(32)
  for (const each of [keys.dedupe, keys.cursor, seed]) {
    for (const encoding of ['base64', 'base64url', 'hex'] as const)
      expect(stored).not.toContain(each.toString(encoding))
  }
  expect(storage.sql('SELECT name FROM keyring ORDER BY name').map((row) => row.name)).toEqual([
    'check',
    'cursor',
    'dedupe',
    'signing',
  ])
})

it('another secret key is refused at the start, with what to do', async () => {
  await start()
  await expect(start(createSeal(other))).rejects.toThrow(
    /^TRUNKLINE_SECRET_KEY is not the key that this database was written with\. .*TRUNKLINE_SECRET_KEY_PREVIOUS/,
  )
})

it('a new secret key opens them when the former one is still there', async () => {
  const before = await start()
  const { signing, ...after } = await start(createSeal(other, [key]))
  expect(after).toEqual({ dedupe: before.dedupe, cursor: before.cursor })
  expect(seedOf(signing)).toBe(seedOf(before.signing))
})

it('a value that was moved to another name does not open', async () => {
  await start()
  storage.sql(
    `UPDATE keyring SET sealed = (SELECT sealed FROM keyring WHERE name = 'cursor') WHERE name = 'dedupe' RETURNING name`,
  )
  await expect(start()).rejects.toThrow('TRUNKLINE_SECRET_KEY is not the key')
})
