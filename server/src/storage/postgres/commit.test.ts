import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sharedPostgres } from '../../../test/shared-postgres.ts'
import { groupCommand } from '../../base/command.ts'
import { silentLog } from '../../base/log.ts'
import type { Stores } from '../stores.ts'
import { createCommitter } from './commit.ts'
import { openPool } from './pool.ts'

interface Load {
  bytes: number
  /** The call is not done before. */
  until?: Promise<void>
  fails?: boolean
}

/** Answers how many calls were in its group. */
const carry = groupCommand<Stores, Load, number>(
  'carry',
  async (_, loads) => {
    await Promise.all(loads.map(({ until }) => until))
    if (loads.some(({ fails }) => fails)) throw new Error('it was dropped')
    return loads.map(() => loads.length)
  },
  { weigh: ({ bytes }) => bytes },
)

describe('calls of one command', () => {
  const mebibyte = 1024 * 1024
  let pool: pg.Pool
  beforeAll(async () => {
    const { url } = await sharedPostgres()
    pool = openPool({ url, name: 'test', connections: 4, statementMs: 5000, journal: silentLog })
  })
  afterAll(() => pool.end())
  const committer = () => createCommitter(pool, [carry])

  it('that are light do not wait for heavier ones', async () => {
    const { commit, drain } = committer()
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const heavy = [5 * mebibyte, mebibyte].map((bytes) => commit(carry, { bytes, until: gate }))
    expect(await commit(carry, { bytes: 100_000 })).toBe(1)
    open()
    expect(await Promise.all(heavy)).toEqual([1, 1])
    await drain()
  })

  it('make groups that weigh no more than everybody in them can wait for', async () => {
    const { commit } = committer()
    const groups = (count: number, bytes: number) =>
      Promise.all(Array.from({ length: count }, () => commit(carry, { bytes })))
    expect(await groups(10, mebibyte)).toEqual([4, 4, 4, 4, 4, 4, 4, 4, 2, 2])
    expect(await groups(3, 25 * mebibyte)).toEqual([1, 1, 1])
    expect(await groups(30, 256 * 1024)).toEqual([...Array(16).fill(16), ...Array(14).fill(14)])
    expect(await groups(600, 0)).toEqual([...Array(512).fill(512), ...Array(88).fill(88)])
  })

  it('fail alone, whatever they weigh', async () => {
    const { commit } = committer()
    const loads = Array.from({ length: 8 }, (_, i) => ({ bytes: mebibyte, fails: i === 5 }))
    const outcomes = await Promise.allSettled(loads.map((load) => commit(carry, load)))
    expect(outcomes.map(({ status }) => status === 'rejected')).toEqual(loads.map(({ fails }) => fails))
  })
})
