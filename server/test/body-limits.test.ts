import { randomBytes, randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { sourceDefinitions } from '../src/inbound/sources/index.ts'
import { engines } from './engines.ts'
import { eventually } from './eventually.ts'
import { head, openRaw } from './raw-connection.ts'
import { openReceiver } from './receiver.ts'
import { createEndpoint, createSource, startTrunkline, type TestSource, type Trunkline } from './trunkline.ts'

const limits = [...sourceDefinitions].map(([kind, definition]) => [kind, definition.limits.bodyBytes] as const)

/** JSON of exactly this many bytes. */
function jsonOf(bytes: number): Buffer {
  const frame = `{"id":"${randomUUID()}","text":""}`
  return Buffer.from(
    `${frame.slice(0, -2)}${randomBytes(bytes / 2 + 1)
      .toString('hex')
      .slice(0, bytes - frame.length)}"}`,
  )
}

describe.each(engines)('the limit of a body at a server on $name', (engine) => {
  let trunkline: Trunkline
  const sources = new Map<string, TestSource>()
  beforeAll(async () => {
    trunkline = await startTrunkline(engine)
    for (const [kind] of limits) sources.set(kind, await createSource(trunkline, kind))
  })

  const sourceOf = (kind: string): TestSource => {
    const source = sources.get(kind)
    if (!source) throw new Error(`no ${kind} source`)
    return source
  }
  const refused = async (id: string) =>
    Number(
      (
        await trunkline.place.rows(
          `SELECT count(*) AS n FROM requests WHERE source_id = ? AND cause = 'TOO_LARGE' AND body IS NULL`,
          [id],
        )
      )[0]?.n,
    )

  it.each(limits)('of %s: a body of %i bytes is stored and delivered whole', async (kind, bytes) => {
    const receiver = await openReceiver()
    const endpoint = await createEndpoint(trunkline, receiver)
    const body = jsonOf(bytes)
    expect(body.length).toBe(bytes)
    // On a busy disk the first try may be told to come back.
    const id = randomUUID()
    await eventually('a 2xx', async () => {
      const { status } = await sourceOf(kind).post(body, { id })
      expect([200, 503]).toContain(status)
      return status === 200
    })
    const [arrival] = await receiver.has(1, 20_000)
    expect(arrival.body.subarray(-bytes - 1, -1).equals(body)).toBe(true)
    expect((await trunkline.api.get(`/events/${arrival.id}/body`)).bytes.equals(body)).toBe(true)
    await trunkline.api.delete(`/endpoints/${endpoint.id}`)
  })

  it.each(limits)(
    'of %s: one byte more than %i is answered 413 and leaves a record without a body',
    async (kind, bytes) => {
      const { id, url } = sourceOf(kind)
      const announced = await openRaw(url)
      await announced.write(head('POST', url, { 'content-length': bytes + 1 }))
      const first = await announced.answer()
      expect(first).toMatchObject({ status: 413 })
      expect(JSON.parse(first.body)).toMatchObject({
        code: 'TOO_LARGE',
        detail: expect.stringContaining(String(bytes)),
      })

      const chunked = await openRaw(url)
      await chunked.write(head('POST', url, { 'transfer-encoding': 'chunked' }))
      const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(0x10000, 'a'), Buffer.from('\r\n')])
      for (let sent = 0; sent <= bytes; sent += 0x10000) await chunked.write(chunk)
      expect(await chunked.answer()).toMatchObject({ status: 413 })
      await eventually('both records', async () => (await refused(id)) === 2)
      for (const each of [announced, chunked]) each.socket.destroy()
    },
  )
})
