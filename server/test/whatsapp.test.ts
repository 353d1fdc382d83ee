import { createHmac, randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { readAnswer } from './api.ts'
import { engines } from './engines.ts'
import { openReceiver, proven } from './receiver.ts'
import { createEndpoint, createSource, startTrunkline, type TestSource, type Trunkline } from './trunkline.ts'

const verifyToken = 'harvest time'
const appSecret = 'an app secret for the tests'

describe.each(engines)('WhatsApp on its way through a server on $name', (engine) => {
  let trunkline: Trunkline
  let kapso: TestSource
  let meta: TestSource
  beforeAll(async () => {
    trunkline = await startTrunkline(engine)
    kapso = await createSource(trunkline, 'kapso')
    meta = await createSource(trunkline, 'meta-whatsapp', { secret: appSecret, config: { verifyToken } })
  })

  const sample = ({ sender }: TestSource, event: string, id: string) => sender.sample({ event, id }).body
  const events = async (ids: readonly string[]) =>
    Promise.all(ids.map(async (id) => (await trunkline.api.get(`/events/${id}`)).json))

  it('gives Kapso the answer that it expects, and makes one event of a message that comes in every form', async () => {
    const wamid = `wamid.${randomUUID()}`
    const receiver = await openReceiver()
    const endpoint = await createEndpoint(trunkline, receiver, { eventTypes: ['whatsapp.message.received'] })
    for (const event of ['message.text', 'v1.message.text', 'meta.message.text', 'message.text']) {
      const answer = await kapso.post(sample(kapso, event, wamid), { event })
      expect(answer, event).toMatchObject({ status: 200, json: { received: true, scheduled: 1 } })
    }
    const batch = await kapso.post(sample(kapso, 'batch', wamid), { event: 'batch' })
    expect(batch.json).toEqual({ received: true, scheduled: 2 })

    const arrivals = await receiver.has(2)
    const ids = arrivals.map(
      (each) => (proven(each, endpoint.secret) as { data: { message: { id: string } } }).data.message.id,
    )
    expect(ids.sort()).toEqual([wamid, `${wamid}b`])
    const [event] = await events([arrivals[0]?.id ?? ''])
    expect(event).toMatchObject({ subject: '628123456789', orderKey: '106540352242922:628123456789' })
    await trunkline.api.delete(`/endpoints/${endpoint.id}`)
  })

  it('takes three megabytes from Meta, lets the 49 arrive and shows the 50th as it came', async () => {
    const id = randomUUID()
    const messages: unknown[] = Array.from({ length: 50 }, (_, i) => ({
      from: '628123456789',
      id: `wamid.${id}.${i}`,
      type: 'text',
      text: { body: 'pear '.repeat(12_000) },
    }))
    messages[49] = { id: 7, note: id }
    const value = { metadata: { phone_number_id: '106540352242922' }, messages }
    const body = JSON.stringify({ entry: [{ id: '1', changes: [{ field: 'messages', value }] }] })
    expect(body.length).toBeGreaterThan(2_900_000)
    const { status, json } = await meta.post(body)
    expect(status).toBe(200)
    const made = await events(json.eventIds)
    expect(made.filter(({ type }) => type === 'whatsapp.message.received')).toHaveLength(49)
    expect(made[49]).toMatchObject({ type: 'whatsapp.message.malformed', data: { id: 7, note: id } })
  })

  it('answers Meta’s challenge as plain text, and nobody else’s', async () => {
    const ask = (source: TestSource, token: string) => {
      const query = new URLSearchParams({
        'hub.mode': 'subscribe',
        'hub.verify_token': token,
        'hub.challenge': '<script>alert(1)</script>',
      })
      return fetch(`${source.url}?${query}`)
    }
    const right = await ask(meta, verifyToken)
    expect(right.status).toBe(200)
    expect(await right.text()).toBe('<script>alert(1)</script>')
    expect(right.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(right.headers.get('x-content-type-options')).toBe('nosniff')
    expect((await ask(meta, `${verifyToken}s`)).status).toBe(403)
    expect((await ask(kapso, verifyToken)).status).toBe(403)
    expect((await fetch(meta.url)).status).toBe(405)
  })

  it('refuses what only Meta’s header proves at Kapso’s address, and what is signed with another secret', async () => {
    const body = Buffer.from(sample(meta, 'message.text', randomUUID()))
    const post = async (url: string, headers: Record<string, string>) =>
      readAnswer(await fetch(url, { method: 'POST', headers, body }))
    const hub = (secret: string) => ({
      'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
    })
    expect((await post(kapso.url, hub(kapso.secret))).status).toBe(401)
    expect((await post(meta.url, hub(kapso.secret))).status).toBe(401)
    expect((await post(meta.url, hub(appSecret))).status).toBe(200)
  })
})
