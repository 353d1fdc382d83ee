import { openclaw, type Sender, tavus } from '@trunkline/senders'
import { beforeAll, describe, expect, it } from 'vitest'
import { engines } from './engines.ts'
import { openReceiver } from './receiver.ts'
import { createEndpoint, createSource, startTrunkline, type TestSource, type Trunkline } from './trunkline.ts'

const bare = { isBare: true, headers: { 'content-type': 'application/json' } }

describe.each(engines)('agents and avatars that post to a server on $name', (engine) => {
  let trunkline: Trunkline
  beforeAll(async () => {
    trunkline = await startTrunkline(engine)
  })

  const requestsOf = async ({ id }: TestSource) =>
    trunkline.place.rows('SELECT verdict, cause FROM requests WHERE source_id = ? ORDER BY id', [id])
  const eventsOf = async ({ id }: TestSource) =>
    trunkline.place.rows('SELECT type FROM events WHERE source_id = ? ORDER BY seq', [id])

  it.each<[Sender, string]>([
    [openclaw, '{"ok":true}'],
    [tavus, 'OK'],
  ])('are answered as they expect, and delivered to the letter ($kind)', async (sender, answer) => {
    const source = await createSource(trunkline, sender.kind)
    const receiver = await openReceiver()
    const endpoint = await createEndpoint(trunkline, receiver, { eventTypes: ['**'], payload: 'raw' })
    const bodies = sender.events.map((event) => sender.sample({ event, id: `id_of_${event}` }).body)
    for (const body of bodies) expect(await source.post(body)).toMatchObject({ status: 200, text: answer })
    const arrivals = await receiver.has(bodies.length, 20_000)
    for (const body of bodies) expect(arrivals.some((each) => each.body.equals(body))).toBe(true)
    for (const body of bodies) expect(await source.post(body)).toMatchObject({ status: 200, text: answer })
    expect(await eventsOf(source)).toHaveLength(bodies.length)
    await trunkline.api.delete(`/endpoints/${endpoint.id}`)
  })

  it('are taken at their own address without a proof, unless the source asks for one', async () => {
    const body = tavus.sample().body
    const open = await createSource(trunkline, 'tavus')
    expect(await open.post(body, bare)).toMatchObject({ status: 200, text: 'OK' })
    expect(await requestsOf(open)).toEqual([{ verdict: 'unsigned', cause: null }])
    const strict = await createSource(trunkline, 'tavus', { config: { proof: 'required' } })
    expect((await strict.post(body, bare)).status).toBe(401)
    expect((await strict.post(body)).status).toBe(200)
    const bearer = { ...bare, headers: { ...bare.headers, authorization: `Bearer ${open.secret}` } }
    expect((await open.post(body, bearer)).status).toBe(200)
    expect((await strict.post(body, bearer)).status).toBe(401)
    expect(await requestsOf(strict)).toEqual([
      { verdict: 'quarantined', cause: 'MISSING_SIGNATURE' },
      { verdict: 'verified', cause: null },
      { verdict: 'quarantined', cause: 'SIGNATURE_MISMATCH' },
    ])
  })

  it('may say the same twice, and mean it twice', async () => {
    const source = await createSource(trunkline, 'openclaw')
    const thinking = '{"runId":"run_1","action":"progress","message":"💭 Thinking..."}'
    const ended = '{"runId":"run_1","action":"end","response":"Done."}'
    const all = [thinking, thinking, ended, ended, ended].map((body) => source.post(body, bare))
    expect((await Promise.all(all)).map(({ status }) => status)).toEqual(Array(5).fill(200))
    expect((await eventsOf(source)).map(({ type }) => type).sort()).toEqual([
      'agent.run.ended',
      'agent.run.progressed',
      'agent.run.progressed',
    ])
  })

  it('are kept when they say nothing that can be told', async () => {
    const source = await createSource(trunkline, 'openclaw')
    for (const body of ['{}', '[]', 'no JSON', '{"action":"start"}']) {
      expect(await source.post(body, bare)).toMatchObject({ status: 200, text: '{"ok":true}' })
    }
    expect(await eventsOf(source)).toEqual(Array(3).fill({ type: 'openclaw.malformed' }))
    expect((await requestsOf(source)).map(({ cause }) => cause)).toEqual([null, null, 'UNPARSABLE', null])
  })
})
