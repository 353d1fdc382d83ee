import { beforeEach, describe, expect, it } from 'vitest'
import { fakeClock } from '../base/clock.ts'
import { StoreUnavailable } from '../base/errors.ts'
import { defaultWorkspaceId } from '../base/id.ts'
import { createSeal } from '../base/seal.ts'
import { createSourceDirectory } from './open-source.ts'
import { sealSecrets, secretsPlace } from './secrets.ts'
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
    rateLimit: null,
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
  const faults: string[] = []
  const waiting: (() => void)[] = []
  const own = { version: 1, asked: 0 }
  let isSlow = false
  let fault: Error | undefined
  const directory = createSourceDirectory({
    clock,
    journal: { error: (event) => void faults.push(event) },
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
      async version() {
        own.asked++
        if (fault) throw fault
        return own.version
      },
    },
  })
  return {
    clock,
    stored,
    asked,
    directory,
    /** How often the version was asked for. */
    versionsAsked: () => own.asked,
    /** Stores a source, or takes it away, as another process does. */
    change(key: string, to: Source | undefined) {
      if (to) stored.set(key, to)
      else stored.delete(key)
      own.version++
    },
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

/** Lets what is under way go on as far as it can. */
const turn = () => new Promise((resolve) => setImmediate(resolve))

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
      endsAt: Number.POSITIVE_INFINITY,
      rateLimit: null,
      routes: new Map(),
    })
  })

  it('is looked up once, however often it is called, and its version once a second', async () => {
    await Promise.all(Array.from({ length: 100 }, () => stage.directory.find(key)))
    stage.clock.advance(999)
    await stage.directory.find(key)
    expect([stage.asked.length, stage.versionsAsked()]).toEqual([1, 1])
    stage.clock.advance(1)
    await Promise.all(Array.from({ length: 100 }, () => stage.directory.find(key)))
    expect([stage.asked.length, stage.versionsAsked()]).toEqual([1, 2])
  })

  it('is one of a thousand that cost one question a second together', async () => {
    const keys = Array.from({ length: 1000 }, (_, i) => String(i).padStart(32, 'k'))
    for (const each of keys) stage.change(each, source({ key: each }))
    for (let second = 0; second < 10; second++) {
      await Promise.all(keys.map((each) => stage.directory.find(each)))
      stage.clock.advance(1000)
    }
    expect([stage.asked.length, stage.versionsAsked()]).toEqual([1000, 10])
  })

  it('is known without a question for as long as it would not be asked for, and never otherwise', async () => {
    const { directory, clock, stored } = open()
    expect(directory.known(key)).toBeUndefined()
    const found = await directory.find(key)
    expect(directory.known(key)).toBe(found)
    clock.advance(999)
    expect(directory.known(key)).toBe(found)
    clock.advance(1)
    expect(directory.known(key), 'another process may have changed it').toBeUndefined()
    expect(await directory.find(key)).toBe(found)
    expect(directory.known(key)).toBe(found)
    stored.set(key, source({ isEnabled: false }))
    directory.forget()
    expect(directory.known(key)).toBeUndefined()
    expect(await directory.find(key)).toBeUndefined()
    expect(directory.known(key)).toBeUndefined()
  })

  it('is looked up again after a minute, whatever the version says', async () => {
    await stage.directory.find(key)
    stage.stored.delete(key) // by a process that knows of no version
    stage.clock.advance(59_000)
    expect(await stage.directory.find(key)).toBeDefined()
    stage.clock.advance(1000)
    expect(await stage.directory.find(key)).toBeUndefined()
  })

  it('that is looked up again is looked up once, also when that takes a while', async () => {
    await stage.directory.find(key)
    stage.change(key, source())
    stage.clock.advance(1000)
    stage.slow()
    const found = Array.from({ length: 50 }, () => stage.directory.find(key))
    stage.clock.advance(500)
    found.push(stage.directory.find(key))
    await turn()
    stage.answer()
    expect((await Promise.all(found)).map((each) => each?.id)).toEqual(found.map(() => 'src_1'))
    expect(stage.asked).toHaveLength(2)
  })

  it('that is changed is seen so at once, once it is forgotten, and within a second otherwise', async () => {
    await stage.directory.find(key)
    stage.change(key, source({ customer: 'other' }))
    expect((await stage.directory.find(key))?.customer).toBe('acme')
    stage.directory.forget()
    expect((await stage.directory.find(key))?.customer).toBe('other')
    stage.change(key, undefined)
    expect(await stage.directory.find(key)).toBeDefined()
    stage.clock.advance(1000)
    expect(await stage.directory.find(key)).toBeUndefined()
  })

  it('that is changed while it is looked up is looked up again', async () => {
    stage.slow()
    const before = stage.directory.find(key)
    await turn()
    stage.change(key, source({ customer: 'other' }))
    stage.directory.forget()
    const after = stage.directory.find(key)
    await turn()
    stage.answer()
    expect((await before)?.customer).toBe('acme')
    expect((await after)?.customer).toBe('other')
    expect((await stage.directory.find(key))?.customer).toBe('other')
    expect(stage.asked).toHaveLength(2)
  })

  it('that another process changes while it is looked up is looked up again within a second', async () => {
    stage.slow()
    const before = stage.directory.find(key)
    await turn()
    stage.change(key, source({ customer: 'other' }))
    stage.clock.advance(1000)
    const after = stage.directory.find(key)
    await turn()
    stage.answer()
    expect((await before)?.customer).toBe('acme')
    expect((await after)?.customer).toBe('other')
    expect((await stage.directory.find(key))?.customer).toBe('other')
  })

  it('loses a secret at the moment that it ends, by the clock', async () => {
    const until = stage.clock.now() + 500
    const secrets = [
      { secret: 'current', until: null },
      { secret: 'former', until },
    ]
    stage.change(key, source({ sealedSecrets: sealSecrets(secrets, source(), seal) }))
    expect((await stage.directory.find(key))?.secrets).toEqual(['current', 'former'])
    stage.clock.advance(499)
    expect((await stage.directory.find(key))?.secrets).toEqual(['current', 'former'])
    stage.clock.advance(1)
    expect((await stage.directory.find(key))?.secrets).toEqual(['current'])
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
    stage.change(key, source())
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
    await turn()
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
