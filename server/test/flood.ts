import { expect } from 'vitest'
import { makeStandardSecret } from '../src/inbound/signature/secret.ts'
import { createApi } from './api.ts'
import type { Engine } from './engines.ts'
import { eventually } from './eventually.ts'
import { apiKey, createSource, startTrunkline, type TestSource, type Trunkline, testSource } from './trunkline.ts'

export interface Flood {
  /** Requests that nobody signed, and the addresses that they come from, each in a network of its own. */
  forged: number
  addresses: number
  /** Every so many of the forged ones are of one more address, which so sends far more than any other; 0 for none. */
  loud?: number
  /** Requests of the provider in between, signed with a secret that the source does not have. */
  genuine: number
  /** What a source may hold, and what one network may of it. */
  sourceRequests: number
  networkRequests?: number
}

/** How the flood went, for the report. */
export interface Tide {
  forgedPerSecond: number
  /** How long requests took that were rightly signed, to this source and to another, in the middle of it; milliseconds. */
  acceptMs: { count: number; p50: number; p99: number; most: number }
  /** How many of those heard first that the database had no time for them. */
  turnedAway: number
  /** What came of what was refused: it is there, was pushed out by the bounds, or found the queue full. */
  held: number
  pushedOut: number
  dropped: number
  verifiedPerSecond: number
}

const sendersAtOnce = 32

/**
 * Floods a source with forged requests while its provider sends with a secret that was entered wrongly; then mends the
 * secret, verifies the source again, and checks that the bounds held and all of the provider's were accepted, in order.
 */
export async function flood(engine: Engine, shape: Flood): Promise<Tide> {
  const { sourceRequests, networkRequests = 1000 } = shape
  const trunkline = await startTrunkline(engine, {
    TRUNKLINE_TRUST_PROXY: '127.0.0.1/32,::1/128',
    TRUNKLINE_QUARANTINE_SOURCE_REQUESTS: String(sourceRequests),
    TRUNKLINE_QUARANTINE_NETWORK_REQUESTS: String(networkRequests),
  })
  const source = await createSource(trunkline, 'standard-webhooks')
  const other = await createSource(trunkline, 'standard-webhooks')
  const right = makeStandardSecret()
  const provider = testSource(source.sender, source.id, source.url, right, source.address)
  const surge = await send(shape, { source, other, provider })
  const kept = await expectBounds(trunkline, source.id, { ...shape, networkRequests }, surge.refused)
  await trunkline.api.patch(`/sources/${source.id}`, { secret: right })
  const verifiedPerSecond = await expectAccepted(trunkline, source.id, { ...shape, held: kept.held })
  await trunkline.server.end('SIGTERM')
  const { forgedPerSecond, acceptMs, turnedAway } = surge
  return { forgedPerSecond, acceptMs, turnedAway, ...kept, verifiedPerSecond }
}

interface Senders {
  source: TestSource
  other: TestSource
  /** The source's, with the secret that the source does not have yet. */
  provider: TestSource
}

/** Sends all of it, many at once. */
async function send({ forged, addresses, loud = 0, genuine }: Flood, { source, other, provider }: Senders) {
  const times: number[] = []
  let turnedAway = 0
  let refused = 0
  let next = 0
  const begun = performance.now()
  const every = Math.floor(forged / genuine)
  const acceptEvery = Math.max(1, Math.floor(forged / 500))
  // One after the other, or they would be received in another order than they are counted in.
  let before: Promise<unknown> = Promise.resolve()
  const inTurn = (n: number) => {
    before = before.then(() => sendGenuine(provider, n))
    return before
  }
  const work = async () => {
    for (let i = next++; i < forged; i = next++) {
      if (i % every === 0 && i / every < genuine) await inTurn(i / every)
      const network = loud > 0 && i % loud === 0 ? addresses : i % addresses
      if (await sendForged(source, i, network)) refused++
      if (i % acceptEvery !== 0) continue
      const { ms, tries } = await sendAccepted(i % (2 * acceptEvery) === 0 ? other : source)
      times.push(ms)
      turnedAway += tries - 1
    }
  }
  await Promise.all(Array.from({ length: sendersAtOnce }, work))
  const forgedPerSecond = Math.round((1000 * forged) / (performance.now() - begun))
  return { forgedPerSecond, acceptMs: percentiles(times), turnedAway, refused: refused + genuine }
}

/** What is refused is counted whole, what is held is within the bounds, and all of the provider's is there. */
async function expectBounds(
  { server, place }: Trunkline,
  sourceId: string,
  { genuine, sourceRequests, networkRequests }: Flood & { networkRequests: number },
  refused: number,
): Promise<Pick<Tide, 'held' | 'pushedOut' | 'dropped'>> {
  // Senders wait for their records only so long: the last of them may still be on their way.
  const kept = await eventually(
    'every refused request to be there, or to be counted',
    async () => {
      const [row] = await place.rows('SELECT count(*) AS n FROM quarantined WHERE source_id = ?', [sourceId])
      const counted = await counters(server.adminUrl)
      const held = Number(row?.n)
      return held + counted.pushedOut + counted.dropped >= refused && { held, ...counted }
    },
    { withinMs: 60_000 },
  )
  expect(kept.held + kept.pushedOut + kept.dropped).toBe(refused)
  expect(kept.held).toBeLessThanOrEqual(sourceRequests)
  const shares = await place.rows(
    'SELECT network, count(*) AS requests, sum(bytes) AS bytes FROM quarantined WHERE source_id = ? GROUP BY network',
    [sourceId],
  )
  const most = Math.max(...shares.map(({ requests }) => Number(requests)))
  expect(most).toBeLessThanOrEqual(networkRequests)
  // Who is loudest has lost until it holds no more than the others.
  if (kept.pushedOut > 0) expect(most).toBeLessThanOrEqual((2 * sourceRequests) / shares.length)
  // The guarantee asks that of the test, too.
  expect(genuine).toBeLessThanOrEqual(sourceRequests / shares.length)
  const theirs = shares.find(({ network }) => network === providersNetwork)
  expect(Number(theirs?.requests)).toBe(genuine)
  const [whole] = await place.rows("SELECT requests, bytes FROM quarantine_shares WHERE source_id = ''")
  const bytes = shares.reduce((sum, share) => sum + Number(share.bytes), 0)
  expect([Number(whole?.requests), Number(whole?.bytes)]).toEqual([kept.held, bytes])
  const [records] = await place.rows("SELECT count(*) AS n FROM requests WHERE verdict = 'quarantined'")
  expect(Number(records?.n)).toBe(kept.held)
  return kept
}

/** Verifies the source again: all of the provider's become events, in order, and nothing else. Answers how fast it went. */
async function expectAccepted(
  { server, place, api }: Trunkline,
  sourceId: string,
  { genuine, held }: Flood & { held: number },
): Promise<number> {
  const begun = performance.now()
  const started = await api.post(`/sources/${sourceId}/reverify`, {})
  expect(started.status, started.text).toBe(202)
  const read = () => createApi(server, apiKey).get(`/jobs/${started.json.id}`)
  const job = await eventually(
    'the source to be verified again',
    async () => {
      const { json } = await read()
      return json.status === 'done' && json
    },
    { withinMs: 1_500_000 },
  )
  const seconds = (performance.now() - begun) / 1000
  expect(job.counts).toMatchObject({ accepted: genuine, looked: held, stillRefused: held - genuine, gone: 0 })
  const events = await place.rows('SELECT data FROM events WHERE source_id = ? AND data LIKE ? ORDER BY seq', [
    sourceId,
    '%flood.survived%',
  ])
  const numbers = events.map(({ data }) => JSON.parse(String(data)).n)
  expect(numbers).toEqual(Array.from({ length: genuine }, (_, n) => n))
  const [forged] = await place.rows("SELECT count(*) AS n FROM events WHERE data LIKE '%flood.forged%'")
  expect(Number(forged?.n)).toBe(0)
  return Math.round(held / seconds)
}

const providersAddress = '203.0.113.9'
const providersNetwork = '203.0.113.0/24'

async function sendGenuine(provider: TestSource, n: number): Promise<void> {
  const body = JSON.stringify({ type: 'flood.survived', n })
  const headers = { 'x-forwarded-for': providersAddress }
  // A database that has no time for it has looked up nothing and kept nothing: the provider comes again.
  await eventually('its refusal', async () => (await provider.post(body, { id: `msg_${n}`, headers })).status === 401)
}

/** Whether it was refused: else there was no time to look up whose it is, and it was never known. */
async function sendForged({ url, sign }: TestSource, i: number, network: number): Promise<boolean> {
  const address = `10.${network >> 8}.${network & 255}.7`
  const body = JSON.stringify({ type: 'flood.forged', n: i, padding: 'x'.repeat(300) })
  const headers = { ...sign(body), 'webhook-signature': `v1,${forgedSignature}`, 'x-forwarded-for': address }
  const answer = await fetch(url, { method: 'POST', headers, body })
  await answer.arrayBuffer()
  expect([401, 503]).toContain(answer.status)
  return answer.status === 401
}

const forgedSignature = Buffer.alloc(32, 1).toString('base64')

/** Sends what is rightly signed, again until it is taken, as a provider does. */
async function sendAccepted(source: TestSource): Promise<{ ms: number; tries: number }> {
  const begun = performance.now()
  const headers = { 'x-forwarded-for': '198.51.100.1' }
  let tries = 0
  await eventually('its 200', async () => {
    tries++
    const { status, text } = await source.post('{"type":"flood.passed"}', { headers })
    if (status !== 200 && status !== 503) throw new Error(`${status} ${text}`)
    return status === 200
  })
  return { ms: performance.now() - begun, tries }
}

async function counters(adminUrl: string): Promise<Pick<Tide, 'pushedOut' | 'dropped'>> {
  const response = await fetch(`${adminUrl}/metrics`, { headers: { authorization: `Bearer ${apiKey}` } })
  const text = await response.text()
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}(?:\\{.*\\})? (\\d+)$`, 'gm'))].reduce((all, [, n]) => all + Number(n), 0)
  return {
    pushedOut: sum('trunkline_quarantine_pushed_out_total'),
    dropped: sum('trunkline_quarantine_dropped_total'),
  }
}

function percentiles(times: readonly number[]): Tide['acceptMs'] {
  const sorted = [...times].sort((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.floor(share * (sorted.length - 1))] ?? 0)
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), most: at(1) }
}
