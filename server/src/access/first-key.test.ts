import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Commit } from '../base/command.ts'
import { StoreUnavailable } from '../base/errors.ts'
import { openTestStorage, type TestStorage } from '../exercise-storage.ts'
import { hashKey, isKey, makeKey } from './credential.ts'
import { ensureFirstKey, useKeyOf } from './first-key.ts'
import { scopes } from './scope.ts'

const now = 1_700_000_000_000
let storage: TestStorage
beforeEach(() => {
  storage = openTestStorage()
})
afterEach(() => storage.close())

/** As a start does it, on a terminal. */
async function ensureKey(apiKey: string | undefined): Promise<string | undefined> {
  await useKeyOf(apiKey, now, storage.commit)
  return apiKey === undefined ? (await ensureFirstKey(now, storage.commit, undefined))?.key : undefined
}

const found = (key = '') => storage.reads.credentials.byHash(hashKey(key))

it('a server without any key makes one, and tells it this once', async () => {
  const key = await ensureKey(undefined)
  expect(isKey(key ?? '')).toBe(true)
  expect(await found(key)).toMatchObject({ origin: 'first', scopes, revokedAt: null, preview: key?.slice(0, 12) })
  expect(await ensureKey(undefined)).toBeUndefined()
  expect((await found(key))?.revokedAt).toBeNull()
})

it('of several servers that start at once one makes it', async () => {
  const keys = await Promise.all(Array.from({ length: 8 }, () => ensureKey(undefined)))
  expect(keys.filter((each) => each !== undefined)).toHaveLength(1)
})

it('the key of the environment is put in force, and none is made', async () => {
  const key = makeKey()
  expect(await ensureKey(key)).toBeUndefined()
  expect(await found(key)).toMatchObject({ origin: 'environment', name: 'TRUNKLINE_API_KEY', scopes, revokedAt: null })
  expect(storage.sql('SELECT id FROM credentials')).toHaveLength(1)
})

it('when the environment names none any more, a first key takes its place', async () => {
  const key = makeKey()
  await ensureKey(key)
  const first = await ensureKey(undefined)
  expect(first).toBeDefined()
  expect((await found(key))?.revokedAt).toBe(now)
})

it('the first key stays in force beside the key of the environment', async () => {
  const first = await ensureKey(undefined)
  await ensureKey(makeKey())
  expect((await found(first))?.revokedAt).toBeNull()
})

describe('without a terminal', () => {
  const folder = join(tmpdir(), `trunkline-${process.pid}-first-key`)
  const file = join(folder, 'first-key')
  const ensure = (commit = storage.commit) => ensureFirstKey(now, commit, folder)
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('is written where only this user reads it, in a folder that need not be there', async () => {
    const first = await ensure()
    expect(first?.file).toBe(file)
    expect(readFileSync(file, 'utf8')).toBe(`${first?.key}\n`)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readdirSync(folder)).toEqual(['first-key'])
  })

  it('is not in force where it cannot be written', async () => {
    writeFileSync(folder, 'a file')
    await expect(ensure()).rejects.toThrow('EEXIST')
    expect(storage.sql('SELECT id FROM credentials')).toEqual([])
  })

  it('leaves alone what is written of a key that is in force', async () => {
    const first = await ensure()
    expect(await ensure()).toBeUndefined()
    // Another one was quicker after this one had looked.
    const late: Commit = (command, args) =>
      command.name === 'has-keys' ? Promise.resolve(false as never) : storage.commit(command, args)
    expect(await ensure(late)).toBeUndefined()
    expect(readdirSync(folder)).toEqual(['first-key'])
    expect(readFileSync(file, 'utf8')).toBe(`${first?.key}\n`)
  })

  it('is kept where it may be in force, though the database did not say so', async () => {
    const unheard: Commit = async (command, args) => {
      const answer = await storage.commit(command, args)
      if (command.name === 'keep-first-key') throw new StoreUnavailable('the connection broke')
      return answer
    }
    await expect(ensure(unheard)).rejects.toThrow('broke')
    expect(await found(readFileSync(file, 'utf8').trim())).toMatchObject({ origin: 'first' })
  })
})
