import { createClient, TrunklineError } from '@trunkline/sdk'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openTestApi, type TestApi } from '../../server/src/api/exercise-api.ts'
import { productEvents } from '../../server/src/events/types/product-events.ts'
import { createHttpServer, listen, stopServing } from '../../server/src/http/serve.ts'
import { createProduct } from './product.ts'
import { createPublisher, type Happening } from './publisher.ts'

let api: TestApi
let server: ReturnType<typeof createHttpServer>
let url: string
let key: string

beforeAll(async () => {
  api = await openTestApi()
  key = api.caller().key
  server = createHttpServer([api.route])
  url = `http://127.0.0.1:${await listen(server, 0, '127.0.0.1')}`
})
afterAll(async () => {
  await stopServing(server)
  await api[Symbol.asyncDispose]()
})

const marta = { id: 'u1', email: 'marta@orchard.example', name: 'Marta' }
const at = '2026-01-15T10:30:00.000Z'

/** Uses everything that the product can do. */
function use(tell: (happening: Happening) => void): void {
  const product = createProduct(tell, () => at)
  const user = product.rename(product.signUp(marta), 'Marta König')
  const project = product.createProject(user, 'p1', 'Orchard')
  product.updateProject(user, 'p1', 'Orchards')
  product.runSession(user, project, 's1', true)
  product.runSession(user, project, 's2', false)
  product.runAgent(user, { id: 'ag1', name: 'Gardener' })
  product.bill(user, 'sub_1')
  product.store(user, 95, 100)
  product.store(user, 105, 100)
  product.deleteProject(user, 'p1', 'Orchards')
  product.leave(user)
}

it('publishes all 23 events as their schemas want them', async () => {
  const client = createClient({ url, apiKey: key })
  await client.eventTypes.registerProductEvents('reject')
  const lost: unknown[] = []
  const publisher = createPublisher({
    events: client.events,
    onLost: (_, why) => lost.push(why),
    pause: async () => {},
  })
  use(publisher.tell)
  await publisher.stop()
  expect(lost).toEqual([])
  const { data } = await client.events.list({ limit: 100 })
  const own = data.filter(({ type }) => !type.startsWith('trunkline.'))
  const wanted = productEvents.map(({ type }) => type).filter((type) => type !== 'webhook.test')
  expect([...new Set(own.map(({ type }) => type))].sort()).toEqual([...wanted].sort())
  expect(new Set(own.map(({ customer }) => customer))).toEqual(new Set(['u1']))
  const first = own.find(({ type }) => type === 'user.created')
  expect((await client.events.read(String(first?.id))).data).toEqual({ ...marta, createdAt: at })
})

it('lets the product go on while the server is away, and publishes in order once it is back', async () => {
  const client = createClient({ url, apiKey: key })
  const published: string[] = []
  let isAway = true
  const pauses: number[] = []
  const publisher = createPublisher({
    events: {
      // As the client meets it: a port where nothing listens.
      publish: async (event, options) => {
        const { events } = isAway ? createClient({ url: 'http://127.0.0.1:1', apiKey: key }) : client
        const answer = await events.publish(event, options)
        published.push(event.type)
        return answer
      },
    },
    onLost: () => expect.unreachable(),
    async pause(ms) {
      pauses.push(ms)
      if (pauses.length === 3) isAway = false
    },
  })
  publisher.tell({ type: 'project.created', data: { id: 'p2', name: 'Meadow', createdAt: at } })
  publisher.tell({ type: 'project.deleted', data: { id: 'p2', name: 'Meadow', deletedAt: at } })
  expect(publisher.waiting()).toBe(2)
  while (publisher.waiting() > 0) await new Promise((resolve) => setImmediate(resolve))
  expect(published).toEqual(['project.created', 'project.deleted'])
  expect(pauses).toEqual([250, 1000, 5000])
})

it('publishes once what was stored while its answer was lost', async () => {
  const client = createClient({ url, apiKey: key })
  let tries = 0
  const publisher = createPublisher({
    events: {
      async publish(event, options) {
        const answer = await client.events.publish(event, options)
        if (++tries < 3) throw new TrunklineError('UNREACHABLE', 0, 'the connection broke')
        return answer
      },
    },
    onLost: () => expect.unreachable(),
    pause: async () => {},
  })
  const subject = 'p-lost'
  publisher.tell({ type: 'project.created', subject, data: { id: subject, name: 'Copse', createdAt: at } })
  publisher.tell({ type: 'project.created', subject, data: { id: subject, name: 'Copse', createdAt: at } })
  while (publisher.waiting() > 0) await new Promise((resolve) => setImmediate(resolve))
  expect(tries).toBe(4)
  const { data } = await client.events.list({ type: 'project.created', limit: 100 })
  expect(data.filter((event) => event.subject === subject)).toHaveLength(2)
})

it('hears of what is refused, and goes on with the rest', async () => {
  const client = createClient({ url, apiKey: key })
  const lost: [string, unknown][] = []
  const publisher = createPublisher({
    events: client.events,
    onLost(happening, why) {
      lost.push([happening.type, why])
      throw new Error('the log is full')
    },
    pause: async () => {},
  })
  publisher.tell({ type: 'project.created', data: { name: 'without an id' } })
  publisher.tell({ type: 'project.updated', data: { id: 'p3', name: 'Heath', updatedAt: at } })
  await publisher.stop()
  expect(lost).toEqual([['project.created', expect.objectContaining({ code: 'EVENT_DATA_REFUSED', status: 422 })]])
})

it('loses the newest when too many wait, and says so', async () => {
  let lost = 0
  const publisher = createPublisher({
    events: { publish: () => new Promise(() => {}) },
    onLost: () => lost++,
    pause: async () => {},
  })
  for (let n = 0; n < 10_003; n++) publisher.tell({ type: 'project.created', data: {} })
  expect([publisher.waiting(), lost]).toEqual([10_000, 3])
})
