import { afterEach, describe, expect, it } from 'vitest'
import { defaultWorkspaceId, isId, lowestId, newId } from '../../../server/src/base/id.ts'
import { openTestPostgres } from '../../../server/src/storage/exercise/open-postgres.ts'
import { openTestSqlite } from '../../../server/src/storage/exercise/open-sqlite.ts'
import { insideOf, type Opened } from '../../../server/src/storage/exercise/opened.ts'
import { t0 } from '../../../server/src/storage/exercise/rows.ts'
import { dialects, fillStatements, type Owners, storedEvents } from './rows.ts'

const owners: Owners = {
  workspaceId: defaultWorkspaceId,
  endpointId: newId('endpoint', t0),
  pausedId: newId('endpoint', t0),
  sourceId: newId('source', t0),
  now: t0,
  timeOf: (ms) => lowestId('event', ms).slice('evt_'.length, -16),
}

let opened: Opened | undefined
afterEach(() => opened?.cleanup())

describe.each([
  { engine: 'sqlite' as const, open: () => openTestSqlite() },
  { engine: 'postgres' as const, open: () => openTestPostgres() },
])('the rows that $engine is filled with', ({ engine, open }) => {
  it('are as many as were asked for, and only the pending ones are due', async () => {
    const { sql, storage } = await fill()
    const counts = await sql('SELECT status, endpoint_id = ? AS own FROM deliveries', owners.endpointId)
    expect(counts.filter(({ status }) => status === 2)).toHaveLength(1000)
    expect(counts.filter(({ status, own }) => status === 2 && Number(own) === 1)).toHaveLength(10)
    expect(await sql('SELECT DISTINCT endpoint_id FROM deliveries WHERE status = 2')).toHaveLength(91)
    expect(await sql('SELECT key FROM dedupe_keys WHERE hash >= 0')).toHaveLength(300)
    const { deliveries } = insideOf(storage)
    const claim = async (endpointId: string, now: number, limit: number) =>
      (await deliveries.claim([{ endpointId, limit, inHand: [] }], now, 10_000)).get(endpointId)
    const claimed = await claim(owners.endpointId, t0 + 1000, 50)
    expect([claimed?.due.length, claimed?.nextDue]).toEqual([40, null])
    expect(claimed?.due[0]?.dataBytes).toBe(1024)
    expect((await claim(owners.pausedId, t0, 200))?.nextDue).toBe(null)
  })

  it('have ids as the server makes them', async () => {
    const { sql } = await fill()
    const rows = await sql('SELECT id, event_id FROM deliveries')
    expect(
      rows.filter(({ id, event_id }) => !isId('delivery', String(id)) || !isId('event', String(event_id))),
    ).toEqual([])
    const endpoints = await sql('SELECT DISTINCT endpoint_id FROM deliveries')
    expect(endpoints.filter(({ endpoint_id }) => !isId('endpoint', String(endpoint_id)))).toEqual([])
  })

  it('of stored events are theirs, with a known id each, and no follower will come to them', async () => {
    opened = await open()
    for (const statement of storedEvents(dialects[engine], 50, owners)) await opened.sql(statement)
    const events = await opened.sql('SELECT seq, id FROM events')
    expect(events).toHaveLength(50)
    expect(events.filter(({ seq, id }) => Number(seq) > 0 || !isId('event', String(id)))).toEqual([])
    expect(await opened.sql('SELECT key FROM dedupe_keys')).toHaveLength(50)
  })

  async function fill(): Promise<Opened> {
    opened = await open()
    const amounts = { finished: 1000, paused: 200, keys: 300, pending: 40 }
    for (const statement of fillStatements(dialects[engine], amounts, owners)) await opened.sql(statement)
    return opened
  }
})
