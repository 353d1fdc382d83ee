import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StoreUnavailable } from '../../base/errors.ts'
import { openTestStorage, type TestStorage } from '../../exercise-storage.ts'
import { beat, leave } from '../../jobs/process.ts'
import type { Stores } from '../../storage/stores.ts'
import { publishEvent } from '../append.ts'
import type { Event } from '../event.ts'
import { append, eventOf } from '../exercise-log.ts'
import { type Advance, advanceCommand } from './follow.ts'
import type { Follower } from './follower.ts'

/** Writes down each event as a value of the keyring, and does what the type of an event says. */
const scribe: Follower<Stores> = {
  name: 'scribe',
  readsData: true,
  async run(tx, events) {
    batches.push(events.map((each) => each.type))
    for (const event of events) await write(tx, event)
    return { lanes: [...new Set(events.map((each) => `lane-${each.type}`))], made: events.length, requests: [] }
  },
}

async function write(tx: Stores, { seq, type }: Event): Promise<void> {
  await tx.keyring.keep(String(seq), type)
  if (type === 'poison') throw new Error('cannot be handled')
  if (type === 'broken') await tx.keyring.keep(`${seq}!`, null as never)
  if (type === 'gone') throw new StoreUnavailable('the disk is full')
}

/** Is for few types, and notes what it was started with. */
const choosy: Follower<Stores, { word: string }> = {
  name: 'choosy',
  types: ['wanted', 'bad'],
  readsData: true,
  async run(tx, events, _, { word }) {
    batches.push(events.map(({ type, data }) => `${type} ${data} ${word}`))
    for (const { seq, type } of events) {
      if (type === 'bad') throw new Error('cannot be handled')
      await tx.keyring.keep(String(seq), type)
    }
    const passedOver = events.map(({ id }) => ({ eventId: id, reason: 'why not' }))
    return { lanes: [], made: 0, requests: [], passedOver }
  },
}

const batches: string[][] = []
const advance = advanceCommand<Stores>([scribe, choosy])
const now = 1_700_000_000_000
let storage: TestStorage
beforeEach(() => {
  batches.length = 0
  storage = openTestStorage([advance])
})
afterEach(() => storage.close())

const step = (more: Partial<Advance> = {}) =>
  storage.commit(advance, {
    follower: 'scribe',
    owner: 'proc_1',
    upTo: Number.MAX_SAFE_INTEGER,
    limit: 100,
    now,
    ...more,
  })
const written = () => storage.sql('SELECT sealed FROM keyring ORDER BY length(name), name').map((row) => row.sealed)
const cursor = () => storage.sql("SELECT cursor FROM followers WHERE name = 'scribe'")[0]?.cursor
const parked = () => storage.sql('SELECT * FROM parked ORDER BY seq')

describe('a follower', () => {
  it('goes by where it stands, not by where it was believed to', async () => {
    await append(storage, 'a', 'b', 'c')
    expect(await step({ limit: 2, cursor: 0 })).toMatchObject({ read: 2, cursor: 2 })
    // As after another process has moved it on, or back.
    for (const cursor of [0, 1, 99]) expect((await step({ limit: 0, cursor })).read).toBe(0)
    expect(await step({ cursor: 0 })).toMatchObject({ read: 1, cursor: 3 })
    expect(await step({ cursor: 3 })).toMatchObject({ read: 0, cursor: 3 })
    expect(batches).toEqual([['a', 'b'], ['c']])
  })

  it('handles events in the order of the log, each once', async () => {
    await append(storage, 'a', 'b', 'c')
    expect(await step()).toEqual({
      isElsewhere: false,
      cursor: 3,
      read: 3,
      parked: 0,
      nextDue: null,
      made: 3,
      lanes: ['lane-a', 'lane-b', 'lane-c'],
      requests: [],
    })
    expect(await step()).toMatchObject({ read: 0, made: 0, lanes: [] })
    await append(storage, 'd')
    expect(await step()).toMatchObject({ read: 1, lanes: ['lane-d'] })
    expect(batches).toEqual([['a', 'b', 'c'], ['d']])
    expect(written()).toEqual(['a', 'b', 'c', 'd'])
  })

  it('handles no more than it is told, and nothing beyond what is settled', async () => {
    await append(storage, 'a', 'b', 'c', 'd', 'e')
    const last = Number(storage.sql('SELECT max(seq) AS seq FROM events')[0]?.seq)
    expect(await step({ limit: 2 })).toMatchObject({ read: 2 })
    expect(await step({ upTo: last - 1 })).toMatchObject({ read: 2 })
    expect(await step({ upTo: last - 1 })).toMatchObject({ read: 0 })
    expect(await step()).toMatchObject({ read: 1 })
    expect(batches).toEqual([['a', 'b'], ['c', 'd'], ['e']])
  })

  it('is moved by one process at a time, and taken over from a dead one', async () => {
    await append(storage, 'a')
    await storage.commit(beat, { processId: 'proc_1', roles: ['follow'], silent: [], now })
    await step()
    await append(storage, 'b')
    expect(await step({ owner: 'proc_2' })).toEqual({
      isElsewhere: true,
      read: 0,
      parked: 0,
      made: 0,
      lanes: [],
      requests: [],
    })
    await storage.commit(leave, { processId: 'proc_1' })
    expect(await step({ owner: 'proc_2' })).toMatchObject({ isElsewhere: false, read: 1 })
    expect(written()).toEqual(['a', 'b'])
  })

  it('that is not known is a fault', async () => {
    await expect(step({ follower: 'none' })).rejects.toThrow('follower "none" does not exist')
  })
})

describe('a follower that is for few types', () => {
  const choose = (more: Partial<Advance> = {}) =>
    step({ follower: 'choosy', settings: { word: 'please' }, limit: 3, ...more })
  const place = () => storage.sql("SELECT cursor FROM followers WHERE name = 'choosy'")[0]?.cursor
  const last = () => storage.sql('SELECT max(seq) AS seq FROM events')[0]?.seq

  it('is shown no other, with what it was started with, and its cursor passes them all', async () => {
    await append(storage, 'a', 'wanted', 'wanted.more', 'b', 'c', 'd', 'wanted')
    expect(await choose()).toMatchObject({ read: 3, parked: 0, passedOver: [{ reason: 'why not' }] })
    expect(await choose()).toMatchObject({ read: 3 })
    expect(batches).toEqual([['wanted {} please']])
    expect(await choose()).toMatchObject({ read: 1 })
    expect(await choose()).toMatchObject({ read: 0 })
    expect(batches).toHaveLength(2)
    expect(place()).toBe(last())
  })

  it('reads nothing beyond what is settled', async () => {
    await append(storage, 'wanted', 'a', 'wanted')
    const end = Number(last())
    expect(await choose({ upTo: end - 1 })).toMatchObject({ read: 2 })
    expect(place()).toBe(end - 1)
    expect(await choose({ upTo: end - 1 })).toMatchObject({ read: 0 })
    expect(await choose()).toMatchObject({ read: 1 })
  })

  it('parks what it fails at, and tells what it could make nothing of among the others', async () => {
    const [first = '', , , second = ''] = await append(storage, 'wanted', 'bad', 'a', 'wanted')
    const moved = await choose({ limit: 10 })
    expect(moved).toMatchObject({ read: 4, parked: 1 })
    expect(moved.passedOver?.map(({ eventId }) => eventId)).toEqual([first, second])
    expect(parked()).toEqual([expect.objectContaining({ follower: 'choosy' })])
  })

  it('and one that is for all go on by themselves', async () => {
    await append(storage, 'a', 'wanted')
    await choose()
    expect(await step()).toMatchObject({ read: 2, made: 2 })
    await storage.commit(beat, { processId: 'proc_1', roles: ['follow'], silent: [], now })
    await choose({ owner: 'proc_1' })
    expect(await choose({ owner: 'proc_2' })).toMatchObject({ isElsewhere: true })
    expect(await step()).toMatchObject({ isElsewhere: false })
  })
})

describe('an event that cannot be handled', () => {
  it.each(['poison', 'broken'])('(%s) is set aside; the others of its batch are handled, once', async (type) => {
    await append(storage, 'a', 'b')
    const [bad = ''] = await append(storage, type)
    await append(storage, 'c')
    expect(await step()).toEqual({
      isElsewhere: false,
      cursor: 4,
      read: 4,
      parked: 1,
      nextDue: now + 1000,
      failed: [expect.objectContaining({ eventId: bad, type, attempt: 1, nextTryAt: now + 1000 })],
      made: 3,
      lanes: ['lane-a', 'lane-b', 'lane-c'],
      requests: [],
    })
    expect(written()).toEqual(['a', 'b', 'c'])
    expect(parked()).toEqual([
      expect.objectContaining({
        follower: 'scribe',
        event_id: bad,
        state: 'retrying',
        attempts: 1,
        due_at: now + 1000,
      }),
    ])
    expect(await step()).toMatchObject({ read: 0, nextDue: now + 1000 })
  })

  it('is set aside with its subject and the reason', async () => {
    await storage.commit(publishEvent, eventOf({ type: 'poison', subject: 'invoice_1' }))
    await step()
    expect(parked()).toEqual([
      expect.objectContaining({ subject: 'invoice_1', error: 'Error: cannot be handled', cause: 'HANDLER_THREW' }),
    ])
  })

  it('does not stop a batch of nothing else', async () => {
    await append(storage, 'poison', 'poison', 'poison')
    expect(await step()).toMatchObject({ read: 3, parked: 3, made: 0, lanes: [] })
    expect(parked()).toHaveLength(3)
    expect(written()).toEqual([])
  })
})

describe('a database that is gone', () => {
  it('parks nothing: the batch is handled when it is back', async () => {
    await append(storage, 'a', 'gone')
    for (let i = 0; i < 3; i++) await expect(step()).rejects.toBeInstanceOf(StoreUnavailable)
    expect(parked()).toEqual([])
    expect(written()).toEqual([])
    expect(cursor()).toBeUndefined()
    storage.sql(`UPDATE events SET type = 'b' WHERE type = 'gone' RETURNING seq`)
    expect(await step()).toMatchObject({ read: 2, made: 2 })
  })

  it('parks nothing either when it goes while a batch is handled one by one', async () => {
    await append(storage, 'poison', 'a', 'gone')
    await expect(step()).rejects.toBeInstanceOf(StoreUnavailable)
    expect(batches.slice(1)).toEqual([['poison'], ['a'], ['gone']])
    expect([parked(), written(), cursor()]).toEqual([[], [], undefined])
    storage.sql(`DELETE FROM events WHERE type = 'gone' RETURNING seq`)
    expect(await step()).toMatchObject({ read: 2, parked: 1 })
    expect(written()).toEqual(['a'])
  })
})
