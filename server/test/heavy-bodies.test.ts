import { randomBytes, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readAnswer } from './api.ts'
import { engines } from './engines.ts'
import { createSource, startTrunkline, type TestSource } from './trunkline.ts'

/** Whatever else comes in, a small request is answered within this: the most that a busy test machine may take. */
const boundMs = 1000

const manyKeys = Buffer.from(`{${Array.from({ length: 50_000 }, (_, i) => `"key${i}":${i}`).join(',')}}`)
// Nothing in it repeats: a database that compresses has the most work with it.
const largest = Buffer.from(`{"text":"${randomBytes((25 * 1024 * 1024 - 20) / 2).toString('hex')}"}`)

/** Sends a body as a new event, and until it is taken, as a provider would. Signed once: the tests shall not be slow. */
function senderOf(source: TestSource, body: Buffer<ArrayBuffer>): () => Promise<void> {
  const signature = source.sign(body)
  return async () => {
    const headers = { ...signature, 'x-github-delivery': randomUUID() }
    for (let status = 0; status !== 200; ) {
      const answer = await readAnswer(await fetch(source.url, { method: 'POST', headers, body }))
      status = answer.status
      expect([200, 503], answer.text).toContain(status)
    }
  }
}

const floods = [
  { what: 'eight connections with bodies of 50,000 keys', body: manyKeys, connections: 8, each: 4 },
  { what: 'one connection with bodies of 25 MiB', body: largest, connections: 1, each: 2 },
]

describe.each(engines)('a server on $name', (engine) => {
  it.each(floods)(
    `answers small requests 2xx within ${boundMs} ms beside $what`,
    async ({ body, connections, each }) => {
      const trunkline = await startTrunkline(engine)
      const calm = await createSource(trunkline, 'github')
      const send = senderOf(await createSource(trunkline, 'github'), body)
      let sending = connections
      const flood = Array.from({ length: connections }, async () => {
        for (let n = 0; n < each; n++) await send()
        sending--
      })
      const times: number[] = []
      while (sending > 0) {
        const begin = performance.now()
        const answer = await calm.post('{"calm":true}')
        times.push(performance.now() - begin)
        expect(answer.status, answer.text).toBe(200)
      }
      await Promise.all(flood)
      expect(times.length).toBeGreaterThan(10)
      expect(Math.max(...times)).toBeLessThan(boundMs)
      expect((await trunkline.server.ready()).status).toBe(200)
      expect(trunkline.server.output()).not.toMatch(/"level":"error"/)
      expect((await trunkline.server.end('SIGTERM')).code).toBe(0)
    },
  )
})
