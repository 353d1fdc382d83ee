import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { requestOf } from '../exercise-source-trial.ts'
import { readable } from '../readable.ts'
import { Headers } from '../source.ts'
import { type Places, placeSettings, readAt } from './places.ts'

const places: Places = {
  eventPrefix: 'acme',
  typeHeader: 'x-event',
  typePath: 'event.name',
  idHeader: 'x-id',
  idPath: 'event.id',
  subjectPath: 'items.0.sku',
}

const read = (body: string | Buffer, headers: Record<string, string> | Headers = {}, at = places) =>
  readAt(readable(requestOf(Buffer.from(body as string), headers)), at)

describe('what a sender says of its event', () => {
  it('is found in its headers, or else in its JSON', () => {
    const body = '{"event":{"name":"order.paid","id":"e-1"},"items":[{"sku":"pear"}]}'
    const data = body
    expect(read(body)).toEqual({ id: 'e-1', type: 'acme.order.paid', subject: 'pear', data })
    expect(read(body, { 'X-Event': 'order.sent', 'X-Id': 'h-1' })).toMatchObject({ id: 'h-1', type: 'acme.order.sent' })
    const twice = new Headers([
      ['x-id', 'a'],
      ['x-id', 'b'],
    ])
    expect(read(body, twice).id).toBe('e-1')
  })

  it('is an event without a name, an id or data when it says nothing', () => {
    const nothing = { id: undefined, type: 'acme.event', subject: null }
    for (const body of ['{}', '[]', 'null', '"event"', '{"event":7}', '{"event":{"name":{},"id":true}}'])
      expect(read(body), body).toEqual({ ...nothing, data: body })
    for (const body of ['', 'hello', 'a=1&b=2', Buffer.from([0xff, 0x00])])
      expect(read(body), String(body)).toEqual({ ...nothing, data: null })
    expect(read('{"event":{"name":"x"}}', {}, { eventPrefix: 'acme' })).toMatchObject(nothing)
  })

  it('is never something inherited', () => {
    const at = { eventPrefix: 'acme', typePath: 'constructor.name', idPath: '__proto__.id', subjectPath: 'length' }
    expect(read('{"__proto__":{"id":"own"}}', {}, at).id).toBe('own')
    expect(read('{}', {}, at)).toMatchObject({ id: undefined, type: 'acme.event', subject: null })
    expect(read('"text"', {}, at).subject).toBeNull()
  })

  it('may be a whole number, unless two numbers would read the same', () => {
    expect(read('{"event":{"id":42}}').id).toBe('42')
    for (const id of ['9007199254740993', '1.5', '1e400', '-0.1'])
      expect(read(`{"event":{"id":${id}}}`).id, id).toBeUndefined()
  })

  it('is left out when a column could not hold it', () => {
    for (const id of ['""', '"a b"', '"\\u0000"', '"é"', JSON.stringify('x'.repeat(256))])
      expect(read(`{"event":{"id":${id}}}`).id, id).toBeUndefined()
    expect(read('{"event":{"name":"a b"}}').type).toBe('acme.unknown')
    expect(read('{"items":[{"sku":"a\\nb"}]}').subject).toBeNull()
  })
})

it('refuses settings that name no header and no path', () => {
  const settings = z.strictObject(placeSettings)
  expect(settings.parse({})).toEqual({})
  for (const wrong of [
    { typeHeader: 'x event' },
    { typeHeader: '' },
    { idHeader: 'x:y' },
    { idPath: '' },
    { idPath: 'a..b' },
    { idPath: '.a' },
    { subjectPath: 'a.'.repeat(10) + 'a' },
    { eventPrefix: 'A' },
  ]) {
    expect(settings.safeParse(wrong).success, JSON.stringify(wrong)).toBe(false)
  }
})
