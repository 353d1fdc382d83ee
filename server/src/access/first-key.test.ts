import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { hashKey, isKey, makeKey } from './credential.ts'
import { ensureKey, writeFirstKey } from './first-key.ts'
import { scopes } from './scope.ts'

const now = 1_700_000_000_000
let storage: TestStorage
beforeEach(() => {
  storage = openTestStorage()
})
afterEach(() => storage.close())

const found = (key = '') => storage.reads.credentials.byHash(hashKey(key))

it('a server without any key makes one, and tells it this once', async () => {
  const key = await ensureKey(undefined, now, storage.commit)
  expect(isKey(key ?? '')).toBe(true)
  expect(await found(key)).toMatchObject({ origin: 'first', scopes, revokedAt: null, preview: key?.slice(0, 12) })
  expect(await ensureKey(undefined, now, storage.commit)).toBeUndefined()
  expect((await found(key))?.revokedAt).toBeNull()
})

it('of several servers that start at once one makes it', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => ensureKey(undefined, now, storage.commit)))
  expect(keys.filter((each) => each !== undefined)).toHaveLength(1)
})

it('the key of the environment is put in force, and none is made', async () => {
  const key = makeKey()
  expect(await ensureKey(key, now, storage.commit)).toBeUndefined()
  expect(await found(key)).toMatchObject({ origin: 'environment', name: 'TRUNKLINE_API_KEY', scopes, revokedAt: null })
  expect(storage.sql('SELECT id FROM credentials')).toHaveLength(1)
})

it('when the environment names none any more, a first key takes its place', async () => {
  const key = makeKey()
  await ensureKey(key, now, storage.commit)
  const first = await ensureKey(undefined, now, storage.commit)
  expect(first).toBeDefined()
  expect((await found(key))?.revokedAt).toBe(now)
})

it('the first key stays in force beside the key of the environment', async () => {
  const first = await ensureKey(undefined, now, storage.commit)
  await ensureKey(makeKey(), now, storage.commit)
  expect((await found(first))?.revokedAt).toBeNull()
})

it('is written where only this user reads it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'trunkline-'))
  const file = writeFirstKey(folder, 'osk_example')
  expect(file).toBe(join(folder, 'first-key'))
  expect(readFileSync(file, 'utf8')).toBe('osk_example\n')
  expect(statSync(file).mode & 0o777).toBe(0o600)
  rmSync(folder, { recursive: true })
})
