import { execFile } from 'node:child_process'
import { gzipSync } from 'node:zlib'
import { beforeAll, describe, expect, it } from 'vitest'
import { engines } from './engines.ts'
import { eventually } from './eventually.ts'
import { openReceiver } from './receiver.ts'
import { createEndpoint, createSource, startTrunkline, type TestSource, type Trunkline } from './trunkline.ts'

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

describe.each(engines)('what came in, looked into on $name', (engine) => {
  let trunkline: Trunkline
  let source: TestSource
  beforeAll(async () => {
    trunkline = await startTrunkline(engine)
    source = await createSource(trunkline, 'github')
  })

  it.each(bodies)(
    'is listed, shown, downloaded and sent again to the byte: $name',
    async ({ type, body, shown, notes }) => {
      const { api } = trunkline
      const oddValue = `caf\u00e9 "it's" $(id) \`x\` \\ ;%`
      const { status, json } = await source.post(body, { headers: { 'content-type': type, 'x-odd': oddValue } })
      expect(status).toBe(200)
      const id: string = json.requestId
      const listed = (await api.get(`/requests?source=${source.id}&limit=1`)).json.data[0]
      expect(listed).toMatchObject({ id, contentType: type, bodyBytes: body.length, verdict: 'verified' })
      const request = (await api.get(`/requests/${id}`)).json
      expect(request.body).toEqual(shown)
      if (request.body.base64) expect(Buffer.from(request.body.base64, 'base64').equals(body)).toBe(true)
      expect(request.notes.map((note: { code: string }) => note.code)).toEqual(notes)
      expect(request.headers).toContainEqual(['x-odd', oddValue])
      expect(request.stages.map(({ stage }: { stage: string }) => stage).slice(0, 4)).toEqual([
        'received',
        'read',
        'proven',
        'parsed',
      ])
      const download = await api.get(`/requests/${id}/body`)
      expect(download.bytes.equals(body)).toBe(true)
      expect(download.headers.get('content-disposition')).toBe('attachment')
      expect(download.headers.get('x-content-type-options')).toBe('nosniff')
      const { text } = await api.get(`/requests/${id}/curl`)
      expect(text).toContain(source.address)
      await run(text.replace(source.address, source.url))
      await expectRepeat(id, json.eventIds.length === 0)
    },
  )

  /** The same request came once more: counted where it made events, else another record with the same bytes. */
  async function expectRepeat(id: string, isRecorded: boolean): Promise<void> {
    const { api, place } = trunkline
    if (!isRecorded) expect((await api.get(`/requests/${id}`)).json.repeats).toMatchObject({ count: 1 })
    const [latest] = (await api.get(`/requests?source=${source.id}&limit=1`)).json.data
    expect(latest.id === id).toBe(!isRecorded)
    const [first, again] = await Promise.all([id, latest.id].map((each) => api.get(`/requests/${each}/body`)))
    expect(again?.bytes.equals(first?.bytes ?? Buffer.alloc(0))).toBe(true)
    const rows = await place.rows("SELECT verdict, cause FROM requests WHERE id = ? AND verdict <> 'verified'", [
      latest.id,
    ])
    expect(rows).toEqual([])
  }

  it('tells what became of its events, up to the first success', async () => {
    const { api } = trunkline
    const receiver = await openReceiver()
    await createEndpoint(trunkline, receiver, { eventTypes: ['github.*'] })
    const { json } = await source.post('{"looked":"into"}')
    const request = await eventually('the delivery', async () => {
      const shown = (await api.get(`/requests/${json.requestId}`)).json
      return shown.events[0]?.deliveries.success === 1 ? shown : undefined
    })
    expect(request.events).toMatchObject([{ id: json.eventIds[0], type: 'github.push', isFannedOut: true }])
    const stages: { stage: string; afterMs: number }[] = request.stages
    expect(stages.map(({ stage }) => stage)).toEqual([
      ...['received', 'read', 'proven', 'parsed'],
      ...['fannedOut', 'firstAttempt', 'firstSuccess'],
    ])
    for (const [i, { afterMs }] of stages.slice(0, 4).entries())
      expect(afterMs).toBeGreaterThanOrEqual(stages[i - 1]?.afterMs ?? 0)
    expect((await api.get(`/requests?text=${encodeURIComponent('{"looked":"into"}')}`)).json.data).toMatchObject([
      { id: json.requestId, eventCount: 1 },
    ])
  })

  it('is found when it was refused, without the sender hearing why', async () => {
    const { api } = trunkline
    const answer = await source.post('{}', { headers: { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` } })
    expect(answer.status).toBe(401)
    const { data } = (await api.get('/requests?verdict=quarantined&cause=SIGNATURE_MISMATCH')).json
    expect(data).toMatchObject([{ id: answer.json.requestId, sourceId: source.id, eventCount: 0 }])
    const request = (await api.get(`/requests/${answer.json.requestId}`)).json
    expect(request.stages.map(({ stage }: { stage: string }) => stage)).toEqual(['received', 'read', 'proven'])
  })
})
