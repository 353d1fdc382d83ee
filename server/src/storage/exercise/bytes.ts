import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { newId } from '../../base/id.ts'
import { appendRequest, publishEvent } from '../../events/append.ts'
import type { NewRequest } from '../../events/request.ts'
import type { Bench } from './opened.ts'
import { makeEvent, makeRequest, t0 } from './rows.ts'

const deep = 10_000

/** JSON that databases and parsers are known to change or to refuse. */
const texts: Record<string, string> = {
  'numbers past 2^53': '{"id":9007199254740993,"big":123456789012345678901234567890}',
  'numbers that overflow': '{"a":1e400,"b":-1e999999,"c":1E-400,"d":-0,"e":1.0,"f":1e0}',
  'keys that repeat': '{"a":1,"a":2,"a":{"b":1,"b":1}}',
  'an escaped NUL': '{"a":"before\\u0000after","\\u0000":1}',
  'escaped halves of a surrogate pair': '{"a":"\\ud83d","b":"\\udc00\\ud800"}',
  'an escaped pair, and the character itself': '{"a":"\\ud83d\\ude00","b":"😀"}',
  'white space and escapes as the sender wrote them': ' {\r\n\t"a" : "\\/\\u0041\\b" }\n',
  'ten thousand arrays in each other': '['.repeat(deep) + ']'.repeat(deep),
  'ten thousand objects in each other': '{"a":'.repeat(deep) + 'null' + '}'.repeat(deep),
  'quotes, backslashes and what looks like SQL': `{"a":"\\"}','{NULL}","b":"'); DROP TABLE events;--","c":"\\\\"}`,
  'text of many scripts': '{"a":"é ü 漢字 العربية \u{1F469}\u200D\u{1F4BB} \uFEFF \uFFFD \u2028"}',
  'a lone scalar': '"NULL"',
  'an empty text': '',
}

/** What is stored is what was sent, byte for byte. */
export function exerciseBytes(at: Bench): void {
  describe('bytes', () => {
    const place = async () => ({ workspaceId: await at.workspace(), sourceId: newId('source', t0) })

    for (const [name, text] of Object.entries(texts)) {
      it(`keeps ${name}`, async () => {
        const where = await place()
        const request = makeRequest({ ...where, keys: ['k'], body: text })
        await at.storage.commit(appendRequest, request)
        expect(await dataOf(where.workspaceId, request.events[0]?.id)).toBe(text)
        expect(await at.storage.reads.log.readBody(where.workspaceId, request.id)).toSatisfy(sameAs(Buffer.from(text)))
        // What is stored compares as equal to what is sent again.
        const repeat = await at.storage.commit(appendRequest, makeRequest({ ...where, keys: ['k'], body: text }))
        expect(repeat).toMatchObject({ isRepeat: true, bodyDiffers: false })
      })
    }

    it('knows a text and its bytes as the same', async () => {
      const asBytes = (request: NewRequest): NewRequest => ({
        ...request,
        events: request.events.map((event) => ({ ...event, data: Buffer.from(event.data ?? '') })),
      })
      for (const [name, text] of Object.entries(texts)) {
        const where = await place()
        const make = (body = text) => makeRequest({ ...where, keys: ['k'], body })
        const first = asBytes(make())
        const kept = await Promise.all(
          [first, make(), asBytes(make())].map((each) => at.storage.commit(appendRequest, each)),
        )
        expect(
          kept.map(({ isRepeat, bodyDiffers }) => [isRepeat, bodyDiffers]),
          name,
        ).toEqual([
          [false, false],
          [true, false],
          [true, false],
        ])
        expect(await dataOf(where.workspaceId, first.events[0]?.id), name).toBe(text)
        for (const again of [make(), asBytes(make())])
          expect(await at.storage.commit(appendRequest, again), name).toMatchObject({ bodyDiffers: false })
        for (const other of [make(`${text} `), asBytes(make(`${text} `))])
          expect(await at.storage.commit(appendRequest, other), name).toMatchObject({
            isRepeat: true,
            bodyDiffers: true,
          })
      }
    })

    it('keeps a byte-order mark in the bytes, and not in the data', async () => {
      const where = await place()
      const body = Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from('{"a":1}')])
      const request = makeRequest({ ...where, body, data: '{"a":1}' })
      await at.storage.commit(appendRequest, request)
      expect(await dataOf(where.workspaceId, request.events[0]?.id)).toBe('{"a":1}')
      expect(await at.storage.reads.log.readBody(where.workspaceId, request.id)).toSatisfy(sameAs(body))
    })

    it('keeps bytes that are no text', async () => {
      const where = await place()
      const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
      for (const body of [every, Buffer.alloc(0), Buffer.from([0]), every.subarray(100, 120)]) {
        const request = makeRequest({ ...where, body, data: null })
        await at.storage.commit(appendRequest, request)
        expect(await at.storage.reads.log.readBody(where.workspaceId, request.id)).toSatisfy(sameAs(body))
        expect(await dataOf(where.workspaceId, request.events[0]?.id)).toBeNull()
      }
    })

    it('keeps bodies of a megabyte, many at once', async () => {
      const where = await place()
      const requests = Array.from({ length: 24 }, (_, i) => {
        const text = JSON.stringify({ i, filler: Buffer.alloc(500_000, i + 1).toString('hex') })
        return makeRequest({ ...where, keys: [`big ${i}`], body: text })
      })
      await Promise.all(requests.map((request) => at.storage.commit(appendRequest, request)))
      for (const request of requests) {
        const body = await at.storage.reads.log.readBody(where.workspaceId, request.id)
        expect(digest(body ?? '')).toBe(digest(request.body ?? ''))
        expect(digest((await dataOf(where.workspaceId, request.events[0]?.id)) ?? '')).toBe(digest(request.body ?? ''))
      }
    })

    it('keeps header values as they came', async () => {
      const where = await place()
      const headers: [string, string][] = [
        ['X-Latin', 'caf\u00e9 \u0080\u00ff'],
        ['x-latin', ''],
        ['X-Tab', 'a\tb "c" \\ {d}'],
      ]
      const request = makeRequest({ ...where, headers })
      await at.storage.commit(appendRequest, request)
      expect((await at.storage.reads.log.readRequest(where.workspaceId, request.id))?.headers).toEqual(headers)
    })

    it('stores an event whose texts no database could hold, and those beside it', async () => {
      const workspaceId = await at.workspace()
      const odd = makeEvent({ workspaceId, subject: 'a\0b', customer: 'half \ud800 pair' })
      const plain = makeEvent({ workspaceId, subject: 'NULL', customer: '{}' })
      await Promise.all([odd, plain].map((event) => at.storage.commit(publishEvent, event)))
      expect(await at.storage.reads.log.readEvent(workspaceId, plain.id)).toMatchObject({
        subject: 'NULL',
        customer: '{}',
      })
      expect(await at.storage.reads.log.readEvent(workspaceId, odd.id)).toMatchObject({
        subject: 'a\u{FFFD}b',
        customer: 'half \u{FFFD} pair',
      })
    })

    async function dataOf(workspaceId: string, eventId: string | undefined): Promise<string | null | undefined> {
      return (await at.storage.reads.log.readEvent(workspaceId, eventId ?? ''))?.data
    }
  })
}

const sameAs = (bytes: Uint8Array) => (found: Uint8Array | undefined) =>
  found !== undefined && Buffer.compare(found, bytes) === 0

const digest = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
