import { describe, expect, it } from 'vitest'
import { type Api, createApi } from './api.ts'
import { postgres } from './engines.ts'
import { eventually } from './eventually.ts'
import { startMember } from './fleet.ts'
import { openReceiver, type Receiver } from './receiver.ts'
import { type ServerProcess, startServer } from './server-process.ts'
import { apiKey, createEndpoint, createPlace, createSource } from './trunkline.ts'

const roles = (names: string) => ({ environment: { TRUNKLINE_ROLES: names } })

/** A server that takes in and one that sends, on one database. */
async function startApart() {
  const place = await createPlace(postgres)
  const front = await startMember(place, roles('accept,api'))
  const back = await startMember(place, roles('follow,deliver'))
  const api = createApi(front, apiKey)
  return { front, back, api, source: await createSource({ server: front, api }, 'github') }
}

const readiness = async ({ url }: ServerProcess) =>
  (await (await fetch(`${url}/ready`)).json()) as { roles: Record<string, string>; status: string }

const arrivalOf = (receiver: Receiver, from: number) =>
  eventually('an arrival', () => receiver.arrivals.length > from && performance.now())

describe('processes with different roles', () => {
  it('do each their part, and together all of it', async () => {
    const { front, back, api, source } = await startApart()
    expect((await readiness(front)).roles).toEqual({ accept: 'ready', api: 'ready' })
    expect((await readiness(back)).roles).toEqual({ follow: 'ready', deliver: 'ready' })
    const receiver = await openReceiver()
    await createEndpoint({ api }, receiver)
    for (let n = 0; n < 5; n++) {
      expect((await source.post(`{"n":${n}}`)).status).toBe(200)
      await arrivalOf(receiver, n)
    }
    // A role that is not this process's is not there, and says so as anything else does.
    expect((await source.post('{}', {}, { url: `${back.url}${new URL(source.url).pathname}` })).status).toBe(404)
    expect((await createApi(back, apiKey).get('/endpoints')).status).toBe(404)
    expect((await fetch(`${back.url}/health`)).status).toBe(200)
    for (const server of [front, back]) expect((await server.end('SIGTERM')).code).toBe(0)
  })

  it('see each other’s changes within a second: an endpoint that is paused has its queue kept', async () => {
    const { front, back, api, source } = await startApart()
    const open: (() => void)[] = []
    const receiver = await openReceiver((_, response) => {
      open.push(() => response.writeHead(204).end())
    })
    const { id } = await createEndpoint({ api }, receiver, { concurrency: 2 })
    for (let n = 0; n < 10; n++) await source.post(`{"n":${n}}`)
    await eventually('two to be on the wire', () => open.length === 2)
    expect((await api.patch(`/endpoints/${id}`, { status: 'paused' })).status).toBe(200)
    // The holder is told. What it had claimed ahead is not begun when places become free a second later.
    await new Promise((resolve) => setTimeout(resolve, 1000))
    for (const answer of open.splice(0)) answer()
    await eventually('both to be recorded', async () => (await counts(api, id)).success === 2)
    expect(receiver.arrivals).toHaveLength(2)
    expect((await api.patch(`/endpoints/${id}`, { status: 'active' })).status).toBe(200)
    await eventually('the rest to be sent', () => {
      for (const answer of open.splice(0)) answer()
      return receiver.arrivals.length === 10
    })
    await eventually('all to be recorded', async () => (await counts(api, id)).success === 10)
    for (const server of [front, back]) expect((await server.end('SIGTERM')).code).toBe(0)
  })

  it('need a database that they can share', async () => {
    await expect(startServer({ TRUNKLINE_ROLES: 'accept' })).rejects.toThrow(
      'TRUNKLINE_ROLES: "accept" leaves work to other',
    )
  })
})

async function counts(api: Api, endpoint: string): Promise<Record<string, number>> {
  const { json } = await api.get(`/deliveries?endpoint=${endpoint}&limit=100`)
  const found: Record<string, number> = {}
  for (const { status } of json.data) found[status] = (found[status] ?? 0) + 1
  return found
}
