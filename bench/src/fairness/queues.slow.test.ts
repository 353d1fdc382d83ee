import { afterEach, describe, expect, it } from 'vitest'
import { defaultWorkspaceId, isId, lowestId, newId } from '../../../server/src/base/id.ts'
import { openTestPostgres } from '../../../server/src/storage/exercise/open-postgres.ts'
import { openTestSqlite } from '../../../server/src/storage/exercise/open-sqlite.ts'
import { insideOf, type Opened } from '../../../server/src/storage/exercise/opened.ts'
import { t0 } from '../../../server/src/storage/exercise/rows.ts'
import { dialects } from '../scale/rows.ts'
import { queueStatements } from './queues.ts'

let opened: Opened | undefined
afterEach(async () => {
  await opened?.cleanup()
  opened = undefined
})

describe.each([
  { engine: 'sqlite' as const, open: () => openTestSqlite() },
  { engine: 'postgres' as const, open: () => openTestPostgres() },
])('the queues that $engine is filled with', ({ engine, open }) => {
  it('are due with their events, each customer’s at its endpoint, and nothing is made of them twice', async () => {
    opened = await open()
    const { sql, storage } = opened
    const queues = [
      { endpointId: newId('endpoint', t0), customer: 'backlog', deliveries: 300 },
      { endpointId: newId('endpoint', t0), customer: 'customer-1', deliveries: 20 },
      { endpointId: newId('endpoint', t0), customer: 'customer-2', deliveries: 0 },
    ]
    for (const { endpointId, customer } of queues)
      await sql(
        `INSERT INTO lanes (endpoint_id, workspace_id, customer, state) VALUES (?, ?, ?, 'active')`,
        ...[endpointId, defaultWorkspaceId, customer],
      )
    const timeOf = (ms: number) => lowestId('event', ms).slice('evt_'.length, -16)
    for (const statement of queueStatements(dialects[engine], queues, {
      ...{ workspaceId: defaultWorkspaceId, now: t0, timeOf },
    }))
      await sql(statement)

    const { deliveries, lanes } = insideOf(storage)
    const wanted = queues.map(({ endpointId }) => ({ endpointId, limit: 1000, inHand: [] }))
    const claims = await deliveries.claim(wanted, t0, 10_000)
    expect(queues.map(({ endpointId }) => claims.get(endpointId)?.due.length ?? 0)).toEqual([300, 20, 0])
    const found = await lanes.takeFree('a process', t0, 10)
    expect(new Set(found.map(({ endpointId }) => endpointId))).toEqual(
      new Set(queues.slice(0, 2).map(({ endpointId }) => endpointId)),
    )
    const events = await sql('SELECT id, seq, customer FROM events')
    expect(events.filter(({ customer }) => customer === 'backlog')).toHaveLength(300)
    expect(events.filter(({ id, seq }) => Number(seq) >= 0 || !isId('event', String(id)))).toEqual([])
  })
})

it('queues that are empty are nothing to write', () => {
  const owners = { workspaceId: defaultWorkspaceId, now: t0, timeOf: () => '' }
  expect(
    queueStatements(dialects.sqlite, [{ endpointId: 'ep_1', customer: 'backlog', deliveries: 0 }], owners),
  ).toEqual([])
})
