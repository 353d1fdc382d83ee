import { expect } from 'vitest'
import { makeStandardSecret } from '../src/inbound/signature/secret.ts'
import { createApi } from './api.ts'
import type { Engine } from './engines.ts'
import { eventually } from './eventually.ts'
import { apiKey, createSource, startTrunkline, type TestSource, testSource } from './trunkline.ts'

export interface Flood {
  /** Requests that nobody signed, and the addresses that they come from, each in a network of its own. */
  forged: number
  addresses: number
  /** Requests of the provider in between, signed with a secret that the source does not have. */
  genuine: number
  /** What a source may hold. */
  sourceRequests: number
}

/** How the flood went, for the report. */
export interface Tide {
  forgedPerSecond: number
  /** How long requests took that were rightly signed, to another source, in the middle of it; milliseconds. */
  acceptMs: { p50: number; p99: number }
  held: number
}

const sendersAtOnce = 32

/**
 * Floods a source with forged requests while its provider sends with a secret that was entered wrongly; then mends the
 * secret, verifies the source again, and checks that the bounds held and all of the provider's were accepted, in order.
 */
export async function flood(engine: Engine, shape: Flood): Promise<Tide> {
  const { forged, addresses, genuine, sourceRequests } = shape
  const { server, place, api } = await startTrunkline(engine, {
    TRUNKLINE_TRUST_PROXY: '127.0.0.1/32,::1/128',
    TRUNKLINE_QUARANTINE_SOURCE_REQUESTS: String(sourceRequests),
  })
  const [source, other] = [
    await createSource({ server, api }, 'standard-webhooks'),
    await createSource({ server, api }, 'standard-webhooks'),
  ]
  const right = makeStandardSecret()
  const provider = testSource(source.sender, source.id, source.url, right, source.address)
  const times: number[] = []
  const begun = performance.now()
  let next = 0
  let sent = 0
  const every = Math.floor(forged / genuine)
  // One after the other, or they would be received in another order than they are counted in.
  let before: Promise<unknown> = Promise.resolve()
  const sendInTurn = (n: number) => {
    before = before.then(() => sendGenuine(provider, n))
    return before
  }
  const work = async () => {
    for (let i = next++; i < forged; i = next++) {
      if (i % every === 0 && i / every < genuine) await sendInTurn(i / every)
      await sendForged(source, i, addresses)
      sent++
      if (i % Math.max(1, Math.floor(forged / 500)) === 0) times.push(await accepted(other))
    }
  }
  await Promise.all(Array.from({ length: sendersAtOnce }, work))
  const seconds = (performance.now() - begun) / 1000
  expect(sent).toBe(forged)

  const held = await place.rows('SELECT network, request_id FROM quarantined WHERE source_id = ?', [source.id])
  expect(held.length).toBeLessThanOrEqual(sourceRequests)
  expect(held.length).toBeGreaterThan(sourceRequests * 0.9)
  expect(held.filter(({ network }) => network === providersNetwork)).toHaveLength(genuine)
  const records = await place.rows("SELECT count(*) AS n FROM requests WHERE verdict = 'quarantined'")
  expect(Number(records[0]?.n)).toBe(held.length)

  await api.patch(`/sources/${source.id}`, { secret: right })
  const started = await api.post(`/sources/${source.id}/reverify`, {})
  expect(started.status, started.text).toBe(202)
  const job = await eventually(
    'the source to be verified again',
    async () => {
      const { json } = await createApi(server, apiKey).get(`/jobs/${started.json.id}`)
      return json.status === 'done' && json
    },
    { withinMs: 240_000 },
  )
  expect(job.counts).toMatchObject({ accepted: genuine, looked: held.length, stillRefused: held.length - genuine })
  const events = await place.rows('SELECT data FROM events WHERE source_id = ? ORDER BY seq', [source.id])
  const numbers = events.map(({ data }) => JSON.parse(String(data)).n)
  expect(numbers).toEqual(Array.from({ length: genuine }, (_, n) => n))
  await server.end('SIGTERM')
  return { forgedPerSecond: Math.round(forged / seconds), acceptMs: percentiles(times), held: held.length }
}

const providersAddress = '203.0.113.9'
const providersNetwork = '203.0.113.0/24'

async function sendGenuine(provider: TestSource, n: number): Promise<void> {
  const body = JSON.stringify({ type: 'flood.survived', n })
  const { status } = await provider.post(body, { id: `msg_${n}`, headers: { 'x-forwarded-for': providersAddress } })
  expect(status).toBe(401)
}

async function sendForged({ url, sign }: TestSource, i: number, addresses: number): Promise<void> {
  const network = i % addresses
  const address = `10.${network >> 8}.${network & 255}.7`
  const body = JSON.stringify({ type: 'flood.forged', n: i, padding: 'x'.repeat(300) })
  const headers = { ...sign(body), 'webhook-signature': `v1,${forgedSignature}`, 'x-forwarded-for': address }
  const answer = await fetch(url, { method: 'POST', headers, body })
  await answer.arrayBuffer()
  expect(answer.status).toBe(401)
}

const forgedSignature = Buffer.alloc(32, 1).toString('base64')

async function accepted(other: TestSource): Promise<number> {
  const begun = performance.now()
  const { status } = await other.post('{"type":"flood.passed"}', { headers: { 'x-forwarded-for': '198.51.100.1' } })
  expect(status).toBe(200)
  return performance.now() - begun
}

function percentiles(times: readonly number[]): Tide['acceptMs'] {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) => Math.round((sorted[Math.floor(share * (sorted.length - 1))] ?? 0) * 10) / 10
  return { p50: at(0.5), p99: at(0.99) }
}
