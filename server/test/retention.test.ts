import { expect, it } from 'vitest'
import { createApi } from './api.ts'
import { engines } from './engines.ts'
import { eventually } from './eventually.ts'
import { atTime } from './releases/clock.ts'
import { apiKey, createSource, startTrunkline } from './trunkline.ts'

const dayMs = 24 * 60 * 60 * 1000

it.each(engines)(
  'on $name a server erases a customer at once, and a month later what is old, and ends what nobody took',
  async (engine) => {
    const { server, place, api } = await startTrunkline(engine)
    const source = await createSource({ server, api }, 'github')
    const { id: endpointId } = (await api.post('/endpoints', { url: 'https://example.com/', eventTypes: ['github.*'] }))
      .json
    await api.patch(`/endpoints/${endpointId}`, { status: 'paused' })
    const posted = await source.post('{"ref":"refs/heads/main"}')
    const eventId = posted.json.eventIds[0]
    await api.post('/events', { type: 'order.paid', data: { said: 'by acme' }, customer: 'acme' })
    await eventually('the delivery', async () => (await api.get(`/deliveries?event=${eventId}`)).json.data[0])

    const { job } = (await api.post('/erase', { customer: 'acme' })).json
    await eventually('the end of the job', async () => (await api.get(`/jobs/${job.id}`)).json.status === 'done')
    const [theirs] = (await api.get('/events?type=order.paid')).json.data
    expect((await api.get(`/events/${theirs.id}`)).json).toMatchObject({ data: null, erasedAt: expect.any(String) })
    expect((await api.get(`/events/${eventId}`)).json).toMatchObject({ erasedAt: null })
    expect((await api.get(`/events/${eventId}`)).json.data).not.toBeNull()
    expect((await api.get('/retention')).json.classes[0]).toMatchObject({ name: 'bodies', keptDays: 30 })

    await server.end('SIGTERM')
    // To the server that is a clock which has jumped.
    const away = await atTime(place, performance.timeOrigin + performance.now() + 32 * dayMs)
    const later = await server.again({ ...away, TRUNKLINE_CLOCK_SETTLES_MINUTES: '0' })
    const then = createApi(later, apiKey)
    const [delivery] = await eventually('the end of the delivery', async () => {
      const { data } = (await then.get(`/deliveries?event=${eventId}`)).json
      return data[0].status === 'failed' && data
    })
    expect(delivery.cause).toBe('EXPIRED')
    const [told] = (await then.get('/events?type=trunkline.delivery.expired')).json.data
    expect(told).toMatchObject({ subject: delivery.id })
    // Once nothing needs it any more.
    await eventually('the data to go', async () => (await then.get(`/events/${eventId}`)).json.erasedAt !== null, {
      withinMs: 90_000,
    })
    const event = (await then.get(`/events/${eventId}`)).json
    expect(event).toMatchObject({ data: null, type: 'github.push' })
    expect((await then.get(`/requests/${event.requestId}`)).json).toMatchObject({ verdict: 'verified' })
    expect((await later.end('SIGTERM')).code).toBe(0)
  },
)
