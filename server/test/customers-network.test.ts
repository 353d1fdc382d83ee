import { expect, it } from 'vitest'
import { createApi } from './api.ts'
import { sqlite } from './engines.ts'
import { eventually } from './eventually.ts'
import { openReceiver } from './receiver.ts'
import { startServer } from './server-process.ts'
import { apiKey, createPlace } from './trunkline.ts'

const closed = { TRUNKLINE_ALLOW_PRIVATE_FOR_CUSTOMERS: '' }

it('what is open to the operator is not open to customers: when they save, when they check, and when something is sent', async () => {
  const place = await createPlace(sqlite)
  const start = async (more: Record<string, string>) => {
    const server = await startServer({ TRUNKLINE_API_KEY: apiKey, ...place.environment, ...more })
    return { server, api: createApi({ url: server.adminUrl }, apiKey) }
  }
  const receiver = await openReceiver()
  const { url } = receiver
  const open = await start({})
  const own = (await open.api.post('/endpoints', { url })).json.id
  const theirs = (await open.api.post('/endpoints', { url, customer: 'acme' })).json.id
  expect((await open.server.end('SIGTERM')).code).toBe(0)

  const { server, api } = await start(closed)
  const { key } = (await api.post('/keys', { name: 'portal', scopes: ['webhooks.manage'], customer: 'acme' })).json
  const portal = createApi({ url: server.adminUrl }, key)
  for (const refused of [
    await api.post('/endpoints', { url, customer: 'acme' }),
    await portal.post('/endpoints', { url }),
    await portal.patch(`/endpoints/${theirs}`, { url: `${url}/other` }),
    await api.patch(`/endpoints/${theirs}`, { url: `${url}/other` }),
  ])
    expect([refused.status, refused.json.code]).toEqual([422, 'ENDPOINT_URL_REFUSED'])
  const verdict = async (who: typeof api, more: object) =>
    (await who.post('/endpoints/check', { url, ...more })).json.verdict
  expect([await verdict(portal, {}), await verdict(api, { customer: 'acme' })]).toEqual(['refused', 'refused'])
  expect(await verdict(api, {})).not.toBe('refused')

  const event = (await api.post('/events', { type: 'a.b', data: 1, customer: 'acme' })).json.id
  const causes = await eventually('both to have been tried', async () => {
    const { data } = (await api.get(`/deliveries?event=${event}`)).json
    return data.every((each: { attempts: number }) => each.attempts > 0) && data.length === 2 && data
  })
  const of = (id: string) => causes.find((each: { endpointId: string }) => each.endpointId === id)
  expect([of(own).status, of(theirs).cause]).toEqual(['success', 'PRIVATE_ADDRESS'])
  expect(receiver.arrivals.filter(({ headers }) => headers['webhook-id'] !== undefined)).toHaveLength(1)
})
