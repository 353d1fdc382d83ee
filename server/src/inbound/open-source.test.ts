import { beforeEach, describe, expect, it } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import { StoreUnavailable } from '../base/errors.ts'
import { defaultWorkspaceId } from '../base/id.ts'
import { createSeal } from '../base/seal.ts'
import { createSourceDirectory, secretsPlace } from './open-source.ts'
import type { Source } from './source-store.ts'
import { sourceDefinitions } from './sources/index.ts'

const seal = createSeal(Buffer.alloc(32, 7))
const key = 'k'.repeat(32)

function source(more: Partial<Source> = {}): Source {
  const id = 'src_1'
  return {
    id,
    workspaceId: defaultWorkspaceId,
    customer: 'acme',
    kind: 'stripe',
    name: 'Stripe',
    key,
    sealedSecrets: seal.seal('["current","former"]', secretsPlace({ workspaceId: defaultWorkspaceId, id })),
    config: '{"toleranceSeconds":60}',
    isEnabled: true,
    origin: 'api',
    fixedPath: null,
    holding: 'none',
    routesVersion: 0,
    createdAt: 0,
    updatedAt: 0,
    ...more,
  }
}

/** A directory over sources that the tests change; each look-up is answered when `answer` says so. */
function open() {
  const clock = fakeClock()
  const stored = new Map([[key, source()]])
  const asked: string[] = []
  const waiting: (() => void)[] = []
  let isSlow = false
  let fault: Error | undefined
  const directory = createSourceDirectory({
    clock,
    seal,
    definitions: sourceDefinitions,
    reads: {
      async byKey(each) {
        asked.push(each)
        const found = stored.get(each)
        const failure = fault
        if (isSlow) await new Promise<void>((resolve) => waiting.push(resolve))
        if (failure) throw failure
        return found
      },
      claimants: async () => [],
      routes: async () => [],
    },
  })
  return {
    clock,
    stored,
    asked,
    directory,
    slow: () => {
      isSlow = true
    },
    answer() {
      for (const each of waiting.splice(0)) each()
    },
    fail: (error?: Error) => {
      fault = error
    },
  }
}

let stage: ReturnType<typeof open>
beforeEach(() => {
  stage = open()
})

describe('a source', () => {
  it('is found by its key, its secrets opened and its settings read', async () => {
    expect(await stage.directory.find(key)).toEqual({
      id: 'src_1',
      workspaceId: defaultWorkspaceId,
      customer: 'acme',
      definition: sourceDefinitions.get('stripe'),
      secrets: ['current', 'former'],
      config: { toleranceSeconds: 60 },
      routes: new Map(),
    })
  })

  it('is looked up once a second, however often it is called', async () => {
    await Promise.all(Array.from({ length: 100 }, () => stage.directory.find(key)))
    stage.clock.advance(999)
    await stage.directory.find(key)
    expect(stage.asked).toHaveLength(1)
    stage.clock.advance(1)
    await Promise.all(Array.from({ length: 100 }, () => stage.directory.find(key)))
    expect(stage.asked).toHaveLength(2)
  })

  it('that is looked up again is looked up once, also when that takes a while', async () => {
    await stage.directory.find(key)
    stage.clock.advance(1000)
    stage.slow()
    const found = Array.from({ length: 50 }, () => stage.directory.find(key))
    stage.clock.advance(500)
    found.push(stage.directory.find(key))
    stage.answer()
    expect((await Promise.all(found)).map((each) => each?.id)).toEqual(found.map(() => 'src_1'))
    expect(stage.asked).toHaveLength(2)
  })

  it('that is changed is seen so at once, once it is forgotten, and within a second otherwise', async () => {
    await stage.directory.find(key)
    stage.stored.set(key, source({ customer: 'other' }))
    expect((await stage.directory.find(key))?.customer).toBe('acme')
    stage.directory.forget()
    expect((await stage.directory.find(key))?.customer).toBe('other')
    stage.stored.delete(key)
    expect(await stage.directory.find(key)).toBeDefined()
    stage.clock.advance(1000)
    expect(await stage.directory.find(key)).toBeUndefined()
  })

  it('that is changed while it is looked up is looked up again', async () => {
    stage.slow()
    const before = stage.directory.find(key)
    stage.stored.set(key, source({ customer: 'other' }))
    stage.directory.forget()
    const after = stage.directory.find(key)
    stage.answer()
    expect((await before)?.customer).toBe('acme')
    expect((await after)?.customer).toBe('other')
    expect((await stage.directory.find(key))?.customer).toBe('other')
    expect(stage.asked).toHaveLength(2)
  })

  it.each([
    ['is disabled', source({ isEnabled: false })],
    ['is of a kind that this server does not have', source({ kind: 'telegraph' })],
  ])('that %s is as unknown as any other', async (_, stored) => {
    stage.stored.set(key, stored)
    expect(await stage.directory.find(key)).toBeUndefined()
  })

  it('that is made a moment later is found within a second', async () => {
    stage.stored.clear()
    expect(await stage.directory.find(key)).toBeUndefined()
    stage.stored.set(key, source())
    expect(await stage.directory.find(key)).toBeUndefined()
    stage.clock.advance(1000)
    expect(await stage.directory.find(key)).toBeDefined()
  })

  it('whose secrets do not open is a fault of ours, each time', async () => {
    stage.stored.set(key, source({ id: 'src_moved' }))
    for (let i = 1; i <= 2; i++) {
      await expect(stage.directory.find(key)).rejects.toThrow()
      expect(stage.asked).toHaveLength(i)
    }
  })
})

describe('a database that is gone', () => {
  it('is not remembered', async () => {
    stage.fail(new StoreUnavailable('gone'))
    await expect(stage.directory.find(key)).rejects.toBeInstanceOf(StoreUnavailable)
    stage.fail()
    expect(await stage.directory.find(key)).toBeDefined()
  })

  it('is told to everybody who waits', async () => {
    stage.slow()
    stage.fail(new StoreUnavailable('gone'))
    const found = Array.from({ length: 3 }, () => stage.directory.find(key).catch((error: Error) => error.name))
    stage.answer()
    expect(await Promise.all(found)).toEqual(['StoreUnavailable', 'StoreUnavailable', 'StoreUnavailable'])
  })
})

describe('a guess', () => {
  it.each([
    '',
    'short',
    'k'.repeat(21),
    'k'.repeat(65),
    `${key}/`,
    `${key}%00`,
    `${'k'.repeat(30)}.`,
    `${'k'.repeat(30)} `,
    `${key}\n`,
  ])('that cannot be a key (%j) is not looked up', async (guess) => {
    expect(await stage.directory.find(guess)).toBeUndefined()
    expect(stage.asked).toEqual([])
  })

  it('does not push out what is known, however many there are', async () => {
    await stage.directory.find(key)
    const guesses = Array.from({ length: 10_500 }, (_, i) => String(i).padStart(32, '0'))
    for (const guess of guesses) await stage.directory.find(guess)
    await stage.directory.find(key)
    await stage.directory.find(guesses.at(-1) ?? '')
    expect(stage.asked).toHaveLength(10_501)
    await stage.directory.find(guesses[0] ?? '')
    expect(stage.asked).toHaveLength(10_502)
  })
})
