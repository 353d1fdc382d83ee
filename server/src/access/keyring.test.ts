import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createSeal } from '../base/seal.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { keepKeys, newKeys, openKeys } from './keyring.ts'

const [key, other] = [randomBytes(32), randomBytes(32)]
let storage: TestStorage
beforeEach(() => {
  storage = openTestStorage()
})
afterEach(() => storage.close())

const start = async (seal = createSeal(key)) => openKeys(seal, await storage.commit(keepKeys, newKeys(seal)))

it('the server’s own keys are made once, and are the same at every start and in every process', async () => {
  const [first, ...others] = await Promise.all([start(), start(), start()])
  others.push(await start())
  expect(first?.dedupe).toHaveLength(32)
  expect(first?.cursor).toHaveLength(32)
  expect(first?.dedupe.equals(first.cursor)).toBe(false)
  for (const each of others) expect(each).toEqual(first)
})

it('they are stored sealed', async () => {
  const keys = await start()
  const stored = JSON.stringify(storage.sql('SELECT * FROM keyring'))
  for (const each of [keys.dedupe, keys.cursor]) {
    for (const encoding of ['base64', 'base64url', 'hex'] as const)
      expect(stored).not.toContain(each.toString(encoding))
  }
  expect(storage.sql('SELECT name FROM keyring ORDER BY name').map((row) => row.name)).toEqual([
    'check',
    'cursor',
    'dedupe',
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
  expect(await start(createSeal(other, [key]))).toEqual(before)
})

it('a value that was moved to another name does not open', async () => {
  await start()
  storage.sql(
    `UPDATE keyring SET sealed = (SELECT sealed FROM keyring WHERE name = 'cursor') WHERE name = 'dedupe' RETURNING name`,
  )
  await expect(start()).rejects.toThrow('TRUNKLINE_SECRET_KEY is not the key')
})
