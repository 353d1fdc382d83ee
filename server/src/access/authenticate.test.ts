import { beforeEach, describe, expect, it } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import { StoreUnavailable } from '../base/errors.ts'
import { defaultWorkspaceId } from '../base/id.ts'
import { createAuthenticate } from './authenticate.ts'
import { type Credential, hashKey, makeKey } from './credential.ts'

const key = makeKey()
const credential: Credential = {
  id: 'cred_1',
  workspaceId: defaultWorkspaceId,
  name: 'test',
  keyHash: hashKey(key),
  preview: key.slice(0, 12),
  customer: null,
  scopes: ['events.read'],
  origin: 'api',
  createdAt: 0,
  expiresAt: null,
  revokedAt: null,
}

/** The keys of a database that counts how often it is asked. */
function open() {
  const clock = fakeClock()
  const stored = new Map([[credential.keyHash, credential]])
  const asked: string[] = []
  let fault: Error | undefined
  const authenticate = createAuthenticate({
    clock,
    reads: {
      async byHash(hash) {
        asked.push(hash)
        if (fault) throw fault
        return stored.get(hash)
      },
    },
  })
  const fail = (error?: Error) => {
    fault = error
  }
  return { clock, stored, asked, authenticate, fail }
}

let stage: ReturnType<typeof open>
beforeEach(() => {
  stage = open()
})

describe('a key', () => {
  it.each([`Bearer ${key}`, `bearer ${key}`, `BEARER   ${key}`])('is known by %j', async (header) => {
    expect(await stage.authenticate(header)).toEqual(credential)
  })

  it('has the scopes that its own stand for', async () => {
    stage.stored.set(credential.keyHash, { ...credential, scopes: ['webhooks.manage', 'endpoints.read'] })
    const { scopes } = await stage.authenticate(`Bearer ${key}`)
    expect([...scopes].sort()).toEqual([
      'deliveries.read',
      'deliveries.write',
      'endpoints.read',
      'endpoints.write',
      'webhooks.manage',
    ])
  })

  it('is looked up by its hash, once a second', async () => {
    await Promise.all(Array.from({ length: 50 }, () => stage.authenticate(`Bearer ${key}`)))
    stage.clock.advance(999)
    await stage.authenticate(`Bearer ${key}`)
    expect(stage.asked).toEqual([credential.keyHash])
    stage.clock.advance(1)
    await stage.authenticate(`Bearer ${key}`)
    expect(stage.asked).toHaveLength(2)
  })

  it('that is revoked stops working within a second, and works again when it is back in force', async () => {
    await stage.authenticate(`Bearer ${key}`)
    stage.stored.set(credential.keyHash, { ...credential, revokedAt: 1 })
    await stage.authenticate(`Bearer ${key}`)
    stage.clock.advance(1000)
    await expect(stage.authenticate(`Bearer ${key}`)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    stage.stored.set(credential.keyHash, credential)
    stage.clock.advance(1000)
    await stage.authenticate(`Bearer ${key}`)
  })

  it('that was never there and one that was revoked are refused in the same words', async () => {
    stage.stored.set(credential.keyHash, { ...credential, revokedAt: 1 })
    const refusal = (header: string) => stage.authenticate(header).catch((error: Error) => error)
    const [revoked, unknown] = [await refusal(`Bearer ${key}`), await refusal(`Bearer ${makeKey()}`)]
    expect(revoked).toMatchObject({
      code: 'UNAUTHENTICATED',
      message: 'the key is unknown, has expired or has been revoked',
    })
    expect({ ...(unknown as Error), stack: '' }).toEqual({ ...(revoked as Error), stack: '' })
    expect((unknown as Error).message).toBe((revoked as Error).message)
  })
})

describe('a header', () => {
  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    key,
    `Basic ${key}`,
    `Bearer ${key} ${key}`,
    `Bearer\t${key}`,
    ` Bearer ${key}`,
    `Bearer ${key.slice(0, -1)}`,
    `Bearer ${key}=`,
    `Bearer ${'x'.repeat(60_000)}`,
    `Bearer${' '.repeat(60_000)}`,
    'Bearer null',
    'Bearer \0',
    `Bearer ${key.replace('osk', 'OSK')}`,
  ])('that holds no key is refused without asking anybody', async (header) => {
    await expect(stage.authenticate(header)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    expect(stage.asked).toEqual([])
  })

  it('is never repeated in the refusal', async () => {
    await expect(stage.authenticate('Bearer my-secret')).rejects.not.toMatchObject({
      message: expect.stringContaining('my-secret'),
    })
  })
})

describe('a database that is gone', () => {
  it('is not remembered: the next call asks again', async () => {
    stage.fail(new StoreUnavailable('gone'))
    await expect(stage.authenticate(`Bearer ${key}`)).rejects.toBeInstanceOf(StoreUnavailable)
    stage.fail()
    expect(await stage.authenticate(`Bearer ${key}`)).toEqual(credential)
  })
})

it('guesses are remembered in a bounded number, the newest ones', async () => {
  const guesses = Array.from({ length: 10_001 }, (_, i) => `osk_${String(i).padStart(48, '0')}`)
  const guess = (each = '') => stage.authenticate(`Bearer ${each}`).catch(() => {})
  for (const each of guesses) await guess(each)
  const before = stage.asked.length
  await guess(guesses.at(-1))
  expect(stage.asked).toHaveLength(before)
  await guess(guesses[0])
  expect(stage.asked).toHaveLength(before + 1)
})
