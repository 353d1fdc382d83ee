import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { makeStandardSecret } from '../src/inbound/signature/secret.ts'
import type { Answer } from './api.ts'
import { engines } from './engines.ts'
import { eventually } from './eventually.ts'
import { createSource, startTrunkline, type TestSource, type Trunkline, testSource } from './trunkline.ts'

/** What is sent, to which source, and what its record says then. */
interface Row {
  name: string
  /** What the sender hears. */
  status: number
  verdict: string
  cause: string | null
  /** Every finding's cause, when somebody opens the request; the first is the record's then. */
  findings?: string[]
  detail?: RegExp
  send(sources: Sources): Promise<Answer>
  /** The record that is meant, where the answer does not name it. */
  recordOf?(trunkline: Trunkline, answer: Answer): Promise<string>
}

type Sources = Awaited<ReturnType<typeof openSources>>

const body = '{"type":"order.paid","data":{"id":"ord_1","note":"münchen"}}'
const hours = 3_600_000
const before = makeStandardSecret()

/** The same sender with another secret. */
const using = ({ sender, id, url, address }: TestSource, secret: string): TestSource =>
  testSource(sender, id, url, secret, address)

async function openSources(trunkline: Trunkline) {
  const create = (kind: string, settings?: Record<string, unknown>) => createSource(trunkline, kind, settings)
  const rotated = await create('standard-webhooks', { secret: before })
  const { json } = await trunkline.api.post(`/sources/${rotated.id}/rotate-secret`, { overlapHours: 0 })
  const paused = await create('standard-webhooks')
  await trunkline.api.patch(`/sources/${paused.id}`, { status: 'paused' })
  const shared = await create('kapso')
  await trunkline.api.put(`/sources/${shared.id}/routes/pn_1`, { customer: 'acme' })
  return {
    standard: using(rotated, json.secret),
    former: using(rotated, before),
    sibling: await create('standard-webhooks', { name: 'Orders of last year' }),
    github: await create('github', { secret: 'github secret 1' }),
    stripe: await create('stripe'),
    hmac: await create('hmac', { secret: Buffer.from('a key of bytes that are no text').toString('hex') }),
    generic: await create('generic'),
    paused,
    shared,
  }
}

const github = (bytes: string | Buffer, signed: string, headers: Record<string, string> = {}) => ({
  send: ({ github: source }: Sources) =>
    source.post(bytes, { isBare: true, headers: { ...source.sign(signed), ...headers } }),
})

/** A batch whose first message came to a number that has a route. */
function ofTwoNumbers({ sender }: TestSource): string {
  const batch = JSON.parse(Buffer.from(sender.sample({ event: 'batch' }).body).toString())
  batch.data[0].phone_number_id = 'pn_1'
  return JSON.stringify(batch)
}

async function idOfCause(place: Trunkline['place'], cause: string): Promise<string> {
  const [row] = await place.rows('SELECT id FROM requests WHERE cause = ?', [cause])
  return String(row?.id)
}

const table: readonly Row[] = [
  {
    ...{ name: 'a genuine request', status: 200, verdict: 'verified', cause: null },
    send: ({ standard }) => standard.post(body, { id: 'msg_first' }),
  },
  {
    ...{ name: 'one of a kind without proof', status: 200, verdict: 'unsigned', cause: null },
    send: ({ generic }) => generic.post(body),
  },
  {
    ...{ name: 'a known id with other bytes', status: 200, verdict: 'duplicate', cause: 'BODY_DIFFERS' },
    send: ({ standard }) => standard.post(body.replace('ord_1', 'ord_2'), { id: 'msg_first' }),
    recordOf: ({ place }) => idOfCause(place, 'BODY_DIFFERS'),
  },
  {
    ...{ name: 'a body that is no JSON', status: 200, verdict: 'verified', cause: 'UNPARSABLE' },
    send: ({ standard }) => standard.post('not JSON'),
  },
  {
    ...{ name: 'one to a paused source', status: 200, verdict: 'verified', cause: 'HELD' },
    send: ({ paused }) => paused.post(body, { id: 'msg_held' }),
  },
  {
    ...{ name: 'one with the events of two customers', status: 200, verdict: 'verified', cause: 'SHARED' },
    send: ({ shared }) => shared.post(ofTwoNumbers(shared), { event: 'batch', id: 'batch_1' }),
    // Kapso is answered in its own words.
    recordOf: ({ place }) => idOfCause(place, 'SHARED'),
  },
  {
    ...{ name: 'a body above the limit', status: 413, verdict: 'quarantined', cause: 'TOO_LARGE', findings: [] },
    send: ({ standard }) => standard.post(Buffer.alloc(1024 * 1024 + 1, ' ')),
  },
  {
    ...{ name: 'no signature', status: 401, verdict: 'quarantined', cause: 'MISSING_SIGNATURE', findings: [] },
    send: ({ github: source }) => source.post(body, { isBare: true, headers: {} }),
  },
  {
    ...{ name: 'a senseless signature', status: 401, verdict: 'quarantined', cause: 'MALFORMED_SIGNATURE' },
    ...{ findings: [], ...github(body, body, { 'x-hub-signature-256': 'yes' }) },
  },
  {
    ...{ name: 'a signature in capitals', status: 401, verdict: 'quarantined', cause: 'MALFORMED_SIGNATURE' },
    ...{ findings: ['MALFORMED_SIGNATURE'], detail: /capital letters/ },
    send: ({ github: source }) => {
      const [name = '', value = ''] = Object.entries(source.sign(body)).find(([each]) => /256/.test(each)) ?? []
      return source.post(body, { headers: { [name]: value.toUpperCase().replace('SHA256', 'sha256') } })
    },
  },
  {
    ...{ name: 'a forgery', status: 401, verdict: 'quarantined', cause: 'SIGNATURE_MISMATCH', findings: [] },
    send: ({ standard }) => using(standard, makeStandardSecret()).post(body),
  },
  {
    ...{ name: 'the former secret', status: 401, verdict: 'quarantined', cause: 'WRONG_SECRET' },
    ...{ findings: ['WRONG_SECRET'], detail: /a former secret of the source, which ended at 20/ },
    send: ({ former }) => former.post(body),
  },
  {
    ...{ name: 'the former secret, and late', status: 401, verdict: 'quarantined', cause: 'WRONG_SECRET' },
    findings: ['WRONG_SECRET', 'STALE'],
    send: ({ former }) => former.post(body, { nowMs: Date.now() - 20 * 60_000 }),
  },
  {
    ...{ name: 'the secret of another source', status: 401, verdict: 'quarantined', cause: 'WRONG_SECRET' },
    ...{ findings: ['WRONG_SECRET'], detail: /the secret of source "src_.*Orders of last year/ },
    send: ({ standard, sibling }) => using(standard, sibling.secret).post(body),
  },
  {
    ...{ name: 'the secret with a line’s end', status: 401, verdict: 'quarantined', cause: 'WRONG_SECRET' },
    ...{ findings: ['WRONG_SECRET'], detail: /line’s end behind it/ },
    send: ({ github: source }) => using(source, `${source.secret}\n`).post(body),
  },
  {
    ...{ name: 'the secret without its prefix', status: 401, verdict: 'quarantined', cause: 'WRONG_SECRET' },
    ...{ findings: ['WRONG_SECRET'], detail: /without its "whsec_"/ },
    send: ({ stripe }) => using(stripe, stripe.secret.replace('whsec_', '')).post(body),
  },
  {
    ...{ name: 'the secret as text and not decoded', status: 401, verdict: 'quarantined', cause: 'WRONG_SECRET' },
    ...{ findings: ['WRONG_SECRET'], detail: /not decoded/ },
    send: ({ standard }) =>
      using(standard, `whsec_${Buffer.from(standard.secret.slice(6)).toString('base64')}`).post(body),
  },
  {
    ...{ name: 'a body that was indented on the way', status: 401, verdict: 'quarantined', cause: 'BODY_CHANGED' },
    ...{
      findings: ['BODY_CHANGED'],
      detail: /it was compact/,
      ...github(JSON.stringify(JSON.parse(body), null, 2), body),
    },
  },
  {
    ...{ name: 'escapes that were read', status: 401, verdict: 'quarantined', cause: 'BODY_CHANGED' },
    ...{ findings: ['BODY_CHANGED'], detail: /escapes as characters/, ...github(body, body.replace('ü', '\\u00fc')) },
  },
  {
    ...{ name: 'a line’s end that was added', status: 401, verdict: 'quarantined', cause: 'BODY_CHANGED' },
    ...{ findings: ['BODY_CHANGED'], detail: /white space at an end/, ...github(`${body}\n`, body) },
  },
  {
    ...{ name: 'a body that was compressed', status: 401, verdict: 'quarantined', cause: 'BODY_CHANGED' },
    ...{ findings: ['BODY_CHANGED'], detail: /compressed the body \(gzip\)/ },
    ...github(gzipSync(body), body, { 'content-encoding': 'gzip' }),
  },
  {
    ...{ name: 'a late request', status: 401, verdict: 'quarantined', cause: 'STALE', findings: ['STALE'] },
    send: ({ standard }) => standard.post(body, { nowMs: Date.now() - 20 * 60_000 }),
  },
  {
    ...{ name: 'a clock two hours behind', status: 401, verdict: 'quarantined', cause: 'STALE', findings: ['STALE'] },
    detail: /2 hours behind/,
    send: ({ standard }) => standard.post(body, { nowMs: Date.now() - 2 * hours }),
  },
  {
    ...{ name: 'a clock 13 hours ahead', status: 401, verdict: 'quarantined', cause: 'FROM_FUTURE' },
    ...{ findings: ['FROM_FUTURE'], detail: /13 hours ahead/ },
    send: ({ stripe }) => stripe.post(body, { nowMs: Date.now() + 13 * hours }),
  },
  {
    ...{ name: 'milliseconds for seconds', status: 401, verdict: 'quarantined', cause: 'FROM_FUTURE' },
    ...{ findings: ['FROM_FUTURE'], detail: /in milliseconds where seconds belong/ },
    send: ({ standard }) => standard.post(body, { nowMs: Date.now() * 1000 }),
  },
]

describe.each(engines)('a request to a server on $name', (engine) => {
  let trunkline: Trunkline
  let sources: Sources
  const ids = new Map<string, string>()
  beforeAll(async () => {
    trunkline = await startTrunkline(engine)
    sources = await openSources(trunkline)
  })

  it.each(table)(
    'ends as $verdict $cause: $name',
    async ({ name, status, verdict, cause, findings, detail, ...row }) => {
      const answer = await row.send(sources)
      expect([answer.status, answer.text]).toEqual([status, expect.not.stringMatching(/WRONG|CHANGED|STALE|FUTURE/)])
      const id = (await row.recordOf?.(trunkline, answer)) ?? answer.json.requestId
      ids.set(name, id)
      const record = await eventually('its record', async () => {
        const { status: found, json } = await trunkline.api.get(`/requests/${id}`)
        return found === 200 && json
      })
      expect(record).toMatchObject({ verdict, cause, acceptedAt: null })
      expect(record.explanation.meaning).toMatch(/^[A-Z].*\.$/)
      expect(record.explanation.nextStep).toMatch(/^[A-Z].*\.$/)
      expect(record.findings.map((each: { cause: string }) => each.cause)).toEqual(findings ?? [])
      if (detail) expect(record.detail).toMatch(detail)
      for (const { secret, sender } of Object.values(sources)) {
        if (sender.kind === 'generic') continue
        expect(JSON.stringify(record).includes(secret.replace(/^whsec_/, ''))).toBe(false)
      }
      const [stored] = await trunkline.place.rows('SELECT cause FROM requests WHERE id = ?', [id])
      expect(stored?.cause ?? null).toBe(cause)
    },
  )

  it('of every cause that there is is in the table, but for the one that needs a release', async () => {
    const { json } = await trunkline.api.get('/causes')
    const made = new Set(table.map(({ cause }) => cause))
    const left = json.causes.map((each: { cause: string }) => each.cause).filter((cause: string) => !made.has(cause))
    expect(left).toEqual(['REPEATED'])
    const late = json.deliveries.find((each: { cause: string }) => each.cause === 'RESPONSE_TIMEOUT')
    expect(late).toMatchObject({ fault: 'receiver', meaning: expect.any(String), advice: expect.any(String) })
    const verdicts = json.verdicts.map((each: { verdict: string }) => each.verdict)
    expect(verdicts.sort()).toEqual([...new Set(table.map(({ verdict }) => verdict))].sort())
    for (const { cause, verdicts: of } of json.causes)
      for (const row of table.filter((each) => each.cause === cause)) expect(of).toContain(row.verdict)
  })

  it('ends as duplicate REPEATED when what was held turns out to be known', async () => {
    const { paused } = sources
    const again = await paused.post(body, { id: 'msg_held' })
    await trunkline.api.patch(`/sources/${paused.id}`, { status: 'enabled' })
    const record = await eventually('the release', async () => {
      const { json } = await trunkline.api.get(`/requests/${again.json.requestId}`)
      return json.cause === 'REPEATED' && json
    })
    expect(record).toMatchObject({ verdict: 'duplicate', repeatOf: ids.get('one to a paused source') })
  })

  it('is accepted once its source has the secret that it was signed with, save what was stale then', async () => {
    const { sibling, standard } = sources
    const { id } = standard
    await trunkline.api.patch(`/sources/${id}`, { secret: sibling.secret })
    const opened = await trunkline.api.get(`/requests/${ids.get('the secret of another source')}`)
    expect(opened.json.findings[0].detail).toMatch(/verify the source again/)
    const started = await trunkline.api.post(`/sources/${id}/reverify`, {})
    expect([started.status, started.json.kind]).toEqual([202, 'reverify'])
    const job = await eventually('the job', async () => {
      const { json } = await trunkline.api.get(`/jobs/${started.json.id}`)
      return json.status === 'done' && json
    })
    expect(job.counts).toMatchObject({ accepted: 1, repeats: 0, gone: 0 })
    const mended = await trunkline.api.get(`/requests/${ids.get('the secret of another source')}`)
    expect(mended.json).toMatchObject({
      verdict: 'verified',
      cause: null,
      acceptedAt: expect.any(String),
      findings: [],
    })
    const [event] = (await trunkline.api.get(`/events?source=${id}`)).json.data
    expect(event).toMatchObject({ requestId: mended.json.id, receivedAt: mended.json.receivedAt })

    // With the former secret back, what was late when it came stays refused.
    await trunkline.api.patch(`/sources/${id}`, { secret: before })
    const second = await trunkline.api.post(`/sources/${id}/reverify`, {})
    const again = await eventually('the job', async () => {
      const { json } = await trunkline.api.get(`/jobs/${second.json.id}`)
      return json.status === 'done' && json
    })
    expect(again.counts.accepted).toBe(1)
    const late = await trunkline.api.get(`/requests/${ids.get('the former secret, and late')}`)
    expect(late.json).toMatchObject({ verdict: 'quarantined', cause: 'STALE' })
  })
})
