import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { senders } from '@trunkline/senders'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openTestPostgres } from '../storage/exercise/open-postgres.ts'
import { openTestSqlite } from '../storage/exercise/open-sqlite.ts'
import { type Caller, openStage, type Stage } from './exercise-ways-in.ts'

const engines = [
  { name: 'SQLite', open: () => openTestSqlite() },
  { name: 'PostgreSQL', open: () => openTestPostgres() },
]

/** Runs a script with the shell; rejects when it fails. */
function run(script: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const shell = execFile('sh', [], (error, _, complaints) =>
      error || complaints !== '' ? reject(new Error(`the command failed: ${complaints}`)) : resolve(),
    )
    shell.stdin?.end(script)
  })
}

const line = `{"text":"${'x'.repeat(1024 * 1024 - 100)}"}`

/** Bodies that break viewers, and how each is shown. */
const bodies: readonly { name: string; type: string; body: Buffer; shown: object; notes: string[] }[] = [
  {
    ...{ name: 'a megabyte on one line', type: 'application/json', body: Buffer.from(line) },
    shown: { kind: 'json', text: line.slice(0, 64 * 1024), isTruncated: true },
    notes: [],
  },
  {
    ...{ name: 'control characters', type: 'text/plain', body: Buffer.from('\u001b[2J\u001b]0;x\u0007\r\u009b31m') },
    shown: { kind: 'text', text: '\u001b[2J\u001b]0;x\u0007\r\u009b31m', isTruncated: false },
    notes: ['UNUSUAL_CONTENT_TYPE'],
  },
  {
    ...{ name: 'a zip', type: 'application/json', body: Buffer.concat([Buffer.from('PK\u0003\u0004'), gzipSync('x')]) },
    shown: { kind: 'binary', base64: expect.any(String), isTruncated: false },
    notes: ['CONTENT_TYPE_UNLIKE_BODY', 'COMPRESSED'],
  },
  {
    ...{ name: 'HTML', type: 'text/html', body: Buffer.from(`<img src=x onerror="alert('é')">\n`) },
    shown: { kind: 'text', text: `<img src=x onerror="alert('é')">\n`, isTruncated: false },
    notes: ['UNUSUAL_CONTENT_TYPE'],
  },
  {
    ...{ name: 'what is not UTF-8', type: 'application/json', body: Buffer.from('{"name":"M\xe4rta\0"}', 'latin1') },
    shown: { kind: 'binary', base64: expect.any(String), isTruncated: false },
    notes: ['CONTENT_TYPE_UNLIKE_BODY'],
  },
  {
    ...{ name: 'a byte-order mark', type: 'application/json', body: Buffer.from('\uFEFF{"n":1.0}') },
    shown: { kind: 'json', text: '\uFEFF{"n":1.0}', isTruncated: false },
    notes: ['BYTE_ORDER_MARK'],
  },
]

describe.each(engines)('what came in, looked into on $name', ({ open }) => {
  const secret = randomUUID()
  let stage: Stage
  let caller: Caller
  let source: { id: string; url: string }
  beforeAll(async () => {
    stage = await openStage(await open())
    caller = await stage.caller()
    const created = await caller('POST', '/sources', { kind: 'github', name: 'Repositories', secret })
    expect(created.status, created.text).toBe(201)
    source = created.json
  })
  afterAll(() => stage?.close())

  async function post(body: Buffer, headers: Record<string, string>) {
    const signed = senders
      .find(({ kind }) => kind === 'github')
      ?.sign({
        ...{ body, secret, nowMs: Date.now(), id: randomUUID(), url: source.url },
      })
    const answer = await fetch(source.url, {
      method: 'POST',
      body: new Uint8Array(body),
      headers: { ...signed, ...headers },
    })
    return { status: answer.status, json: (await answer.json()) as { requestId: string; eventIds?: string[] } }
  }
  const read = async (path: string) => (await caller('GET', path)).json

  it.each(bodies)(
    'is listed, shown, downloaded and sent again to the byte: $name',
    async ({ type, body, shown, notes }) => {
      const oddValue = `caf\u00e9 "it's" $(id) \`x\` \\ ;%`
      const { status, json } = await post(body, { 'content-type': type, 'x-odd': oddValue })
      expect(status).toBe(200)
      const id = json.requestId
      const [listed] = (await read(`/requests?source=${source.id}&limit=1`)).data
      expect(listed).toMatchObject({ id, contentType: type, bodyBytes: body.length, verdict: 'verified' })
      const request = await read(`/requests/${id}`)
      expect(request.body).toEqual(shown)
      if (request.body.base64) expect(Buffer.from(request.body.base64, 'base64').equals(body)).toBe(true)
      expect(request.notes.map((note: { code: string }) => note.code)).toEqual(notes)
      expect(request.headers).toContainEqual(['x-odd', oddValue])
      expect(stagesOf(request)).toEqual(['received', 'read', 'proven', 'parsed'])
      const download = await caller('GET', `/requests/${id}/body`)
      expect(download.bytes.equals(body)).toBe(true)
      expect(download.headers.get('content-disposition')).toBe('attachment')
      expect(download.headers.get('x-content-type-options')).toBe('nosniff')
      const { text } = await caller('GET', `/requests/${id}/curl`)
      expect(text).toContain(source.url)
      await run(text)
      await expectSentAgain(id, body, json.eventIds?.length === 0)
    },
  )

  const stagesOf = (request: { stages: { stage: string }[] }) => request.stages.map(({ stage }) => stage)

  /** It is counted where it made events, else it is another genuine record with the same bytes. */
  async function expectSentAgain(id: string, body: Buffer, isRecorded: boolean): Promise<void> {
    const [latest] = (await read(`/requests?source=${source.id}&limit=1`)).data
    expect(latest.id !== id).toBe(isRecorded)
    expect(latest.verdict).toBe('verified')
    expect((await caller('GET', `/requests/${latest.id}/body`)).bytes.equals(body)).toBe(true)
    if (!isRecorded) expect((await read(`/requests/${id}`)).repeats).toMatchObject({ count: 1 })
  }

  it('is found when it was refused, without the sender hearing why', async () => {
    const { status, json } = await post(Buffer.from('{}'), { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` })
    expect(status).toBe(401)
    const { data } = await read('/requests?verdict=quarantined&cause=SIGNATURE_MISMATCH')
    expect(data).toMatchObject([{ id: json.requestId, sourceId: source.id, eventCount: 0 }])
    expect(stagesOf(await read(`/requests/${json.requestId}`))).toEqual(['received', 'read', 'proven'])
  })
})
