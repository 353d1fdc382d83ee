import { beforeAll, describe, expect, it } from 'vitest'
import { readAnswer } from './api.ts'
import { sqlite } from './engines.ts'
import { eventually } from './eventually.ts'
import { head, openRaw } from './raw-connection.ts'
import { createSource, startTrunkline, type TestSource, type Trunkline } from './trunkline.ts'

const body = '{"zen":"Speak like a human."}'

describe('a sender that cannot speak HTTP, or will not', () => {
  let trunkline: Trunkline
  let source: TestSource
  beforeAll(async () => {
    trunkline = await startTrunkline(sqlite)
    source = await createSource(trunkline, 'github')
  })

  const stored = async () => (await trunkline.place.rows('SELECT id FROM requests')).length

  it('is served when its body comes byte by byte', async () => {
    const raw = await openRaw(source.url)
    await raw.write(head('POST', source.url, { ...source.sign(body), 'transfer-encoding': 'chunked' }))
    for (const character of body) await raw.write(`1\r\n${character}\r\n`)
    await raw.write('0\r\n\r\n')
    expect((await raw.answer()).status).toBe(200)
    raw.socket.destroy()
  })

  it('is served with any content type, and with none', async () => {
    const headers = source.sign(body)
    delete headers['content-type']
    const raw = await openRaw(source.url)
    await raw.write(head('POST', source.url, { ...headers, 'content-length': body.length }) + body)
    const answer = await raw.answer()
    expect(answer.status).toBe(200)
    const { requestId } = JSON.parse(answer.body)
    const { json } = await trunkline.api.get(`/requests/${requestId}`)
    expect(json.headers.map(([name]: [string]) => name)).not.toContain('content-type')
    raw.socket.destroy()
  })

  it('is asked for its body when it waits to be asked', async () => {
    const raw = await openRaw(source.url)
    const headers = { ...source.sign(body), 'content-length': body.length, expect: '100-continue', connection: 'close' }
    await raw.write(head('POST', source.url, headers))
    await eventually('the permission', () => raw.socket.bytesRead > 0)
    await raw.write(body)
    expect((await raw.closed).text).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK/)
  })

  it('hears which method is right', async () => {
    for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY']) {
      const answer = await readAnswer(await fetch(source.url, { method }))
      expect(answer, method).toMatchObject({ status: 405, json: { code: 'METHOD_NOT_ALLOWED' } })
      expect(answer.headers.get('allow')).toBe('POST')
    }
    const answer = await fetch(source.url, { method: 'HEAD' })
    expect(answer.status).toBe(405)
  })

  it('cannot tell an unknown source from a disabled or deleted one', async () => {
    const [disabled, deleted] = [await createSource(trunkline, 'github'), await createSource(trunkline, 'stripe')]
    await trunkline.api.patch(`/sources/${disabled.id}`, { status: 'disabled' })
    await trunkline.api.delete(`/sources/${deleted.id}`)
    const urls = [
      disabled.url,
      deleted.url,
      new URL('/in/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', source.url).href,
      new URL('/in/', source.url).href,
      `${source.url}/`,
      `${source.url}a`,
      `${source.url.slice(0, -1)}`,
      source.url.replace('/in/', '/in/../in/x/'),
      `${new URL('/in/', source.url).href}${'x'.repeat(5000)}`,
      `${new URL('/in/', source.url).href}%00%zz`,
    ]
    const answers = []
    for (const url of urls) {
      answers.push(await readAnswer(await fetch(url, { method: 'POST', headers: disabled.sign(body), body })))
      answers.push(await readAnswer(await fetch(url)))
    }
    const texts = answers.map(({ status, json, text }) => `${status} ${text.replace(json.requestId, '')}`)
    expect([...new Set(texts)], texts.join('\n')).toHaveLength(1)
    expect(answers[0]).toMatchObject({ status: 404, json: { code: 'SOURCE_NOT_FOUND' } })
    await trunkline.api.patch(`/sources/${disabled.id}`, { status: 'enabled' })
    expect((await disabled.post(body)).status).toBe(200)
  })

  it('leaves nothing when it goes away in the middle of its body', async () => {
    const before = await stored()
    for (const part of [0, 1, body.length - 1]) {
      const raw = await openRaw(source.url)
      await raw.write(head('POST', source.url, { ...source.sign(body), 'content-length': body.length }))
      await raw.write(body.slice(0, part))
      raw.socket.destroy()
      const chunked = await openRaw(source.url)
      await chunked.write(head('POST', source.url, { ...source.sign(body), 'transfer-encoding': 'chunked' }))
      await chunked.write(`${body.length.toString(16)}\r\n${body}\r\n`) // whole, but it never said so
      chunked.socket.end()
      await chunked.closed
    }
    await eventually(
      'six aborted requests in the log',
      () => (trunkline.server.output().match(/REQUEST_ABORTED/g)?.length ?? 0) === 6,
    )
    expect(await stored()).toBe(before)
  })

  it('is not believed about its length', async () => {
    const before = await stored()
    const both = await openRaw(source.url)
    await both.write(
      head('POST', source.url, { ...source.sign(body), 'content-length': 10, 'transfer-encoding': 'chunked' }),
    )
    expect(await both.answer()).toMatchObject({ status: 400 })
    for (const length of ['10', '-1', '1e3', '99999999999999999999', 'many', '10, 11']) {
      const raw = await openRaw(source.url)
      await raw.write(head('POST', source.url, { ...source.sign(body), 'content-length': length }) + body)
      expect((await raw.answer()).status, length).toBeLessThan(500)
      raw.socket.destroy()
    }
    const since = await trunkline.place.rows('SELECT verdict FROM requests ORDER BY id')
    for (const each of since.slice(before)) expect(each.verdict).toBe('quarantined')
  })

  it('is turned away when its head is no head', async () => {
    const flood = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`x-header-${i}`, 'v'.repeat(20)]))
    const heads = [
      head('POST', source.url, flood),
      head('POST', source.url, { 'x-long': 'v'.repeat(100_000) }),
      `POST ${'/'.repeat(100_000)} HTTP/1.1\r\n\r\n`,
      'POST / HTTP/9.9\r\n\r\n',
      'hello\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
      head('POST', source.url, { 'x bad name': 'v' }),
      head('POST', source.url, { 'x-nul': 'a\0b' }),
    ]
    for (const each of heads) {
      const raw = await openRaw(source.url)
      await raw.write(each)
      const { text } = await raw.closed
      expect(text.slice(0, 80)).toMatch(/^HTTP\/1\.1 4\d\d /)
    }
    expect((await source.post(body)).status).toBe(200)
  })

  it('is served with a thousand headers, the signature among them', async () => {
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`x-${i}`, 'v']))
    const raw = await openRaw(source.url)
    await raw.write(head('POST', source.url, { ...many, ...source.sign(body), 'content-length': body.length }) + body)
    expect((await raw.answer()).status).toBe(200)
    raw.socket.destroy()
  })

  it('is cut off when its head takes longer than ten seconds, and nobody else waits', async () => {
    const silent = await openRaw(source.url)
    const drip = await openRaw(source.url)
    await drip.write('POST /in/x HTTP/1.1\r\nx-slow: ')
    const dripping = setInterval(() => void drip.write('a'), 200)
    const begin = performance.now()
    for (let i = 0; i < 20; i++) expect((await source.post(body)).status).toBe(200)
    expect(performance.now() - begin).toBeLessThan(9_000)
    const { text, afterMs } = await drip.closed
    clearInterval(dripping)
    expect(text).toMatch(/^HTTP\/1\.1 408/)
    expect(afterMs).toBeGreaterThan(9_000)
    expect(afterMs).toBeLessThan(15_000)
    silent.socket.destroy()
  })
})
