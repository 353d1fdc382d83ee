import { describe, expect, it } from 'vitest'
import { createApi } from './api.ts'
import { engines, type Place } from './engines.ts'
import { eventually } from './eventually.ts'
import { openReceiver } from './receiver.ts'
import { startServer } from './server-process.ts'
import { apiKey, createEndpoint, createSource, startTrunkline } from './trunkline.ts'

/** Lets no row with this in it be made in a table, until the answer is called. */
async function refuse(place: Place, table: string, when: string): Promise<() => Promise<unknown>> {
  if (place.engine === 'SQLite') {
    await place.rows(
      `CREATE TRIGGER refuse BEFORE INSERT ON ${table} WHEN NEW.${when} BEGIN SELECT RAISE(ABORT, 'refused'); END`,
    )
    return () => place.rows('DROP TRIGGER refuse')
  }
  await place.rows(
    `CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$`,
  )
  await place.rows(
    `CREATE TRIGGER refuse BEFORE INSERT ON ${table} FOR EACH ROW WHEN (NEW.${when}) EXECUTE FUNCTION refuse()`,
  )
  return () => place.rows(`DROP TRIGGER refuse ON ${table}`)
}

describe.each(engines)('an event that cannot be handled on a server on $name', (engine) => {
  it('is tried again by itself, also after the server was killed, and holds up its subject alone', async () => {
    const environment = { TRUNKLINE_LEASE_SECONDS: '3' }
    const { server, place, api } = await startTrunkline(engine, environment)
    const receiver = await openReceiver()
    await createEndpoint({ api }, receiver, { eventTypes: ['a.*'] })
    const mend = await refuse(place, 'deliveries', `event_type = 'a.bad'`)
    const publish = async (type: string, subject: string) =>
      (await api.post('/events', { type, subject, data: { secret: 'quite-personal' } })).json.id as string
    const bad = await publish('a.bad', 'one')
    const behind = await publish('a.good', 'one')
    const other = await publish('a.good', 'two')
    await receiver.has(1)
    const state = async (id: string) => (await api.get(`/parked-events/${id}.fan-out`)).json.state
    await eventually('both beside the cursor', async () => (await state(behind)) === 'waiting')
    expect(await state(bad)).toBe('retrying')
    expect(receiver.arrivals.map(({ id }) => id)).toEqual([other])

    await server.end('SIGKILL')
    await mend()
    const next = await startServer({ TRUNKLINE_API_KEY: apiKey, ...place.environment, ...environment })
    await receiver.has(3)
    expect(new Set(receiver.arrivals.map(({ id }) => id))).toEqual(new Set([bad, behind, other]))
    const again = createApi({ url: next.adminUrl }, apiKey)
    await eventually(
      'nothing beside the cursor',
      async () => (await again.get('/parked-events')).json.data.length === 0,
    )
    for (const output of [server.output(), next.output()]) expect(output).not.toContain('quite-personal')
  })

  it('of Stripe’s is read in a process of its own, and run again through the API as a dry run and in earnest', async () => {
    const trunkline = await startTrunkline(engine)
    const { place, api } = trunkline
    const source = await createSource(trunkline, 'stripe')
    const mend = await refuse(place, 'payments', `status = 'FAILED'`)
    const event = 'invoice.payment_failed'
    const sample = Buffer.from(source.sender.sample({ event }).body).toString()
    const posted = await source.post(sample, { event })
    const id = `${posted.json.eventIds[0]}.accounts`
    const { json } = await eventually('it failed', async () => {
      const found = await api.get(`/parked-events/${id}`)
      return found.status === 200 ? found : undefined
    })
    expect(json).toMatchObject({ follower: 'accounts', eventType: `stripe.${event}`, cause: 'HANDLER_THREW' })
    const line = await eventually('a line about it', async () =>
      trunkline.server
        .output()
        .split('\n')
        .find((each) => each.includes('event.failed')),
    )
    expect(JSON.parse(line)).toMatchObject({
      ...{ follower: 'accounts', source: json.event.sourceId, kind: 'stripe', type: `stripe.${event}`, attempt: 1 },
      ...{ eventId: posted.json.eventIds[0], subject: expect.any(String), cause: 'HANDLER_THREW' },
    })
    await mend()
    // It may have been tried by itself meanwhile; whoever comes first, it is once.
    const dry = (await api.post(`/parked-events/${id}/rerun`, { dryRun: true })).json
    if (dry?.outcome === 'handled') expect(dry.changes.map(({ kind }: { kind: string }) => kind)).toContain('payment')
    await api.post(`/parked-events/${id}/rerun`, {})
    await eventually('the payment', async () => (await api.get('/accounts/payments')).json.data.length === 1)
    const told = await api.get('/events?type=payment.failed')
    expect(told.json.data).toHaveLength(1)
  })
})
