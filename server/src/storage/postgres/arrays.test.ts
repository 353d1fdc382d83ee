import fc from 'fast-check'
import pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sharedPostgres } from '../../../test/shared-postgres.ts'
import { byteArrays, floats, integers, texts } from './arrays.ts'
import { types } from './session.ts'

let client: pg.Client
beforeAll(async () => {
  client = new pg.Client({ connectionString: (await sharedPostgres()).url, types })
  await client.connect()
})
afterAll(() => client.end())

/** What the server makes of a parameter. */
async function elements(type: string, array: Buffer): Promise<unknown[]> {
  const { rows } = await client.query(`SELECT value FROM unnest($1::${type}[]) AS value`, [array])
  return rows.map(({ value }) => value)
}

const optional = <Value>(values: fc.Arbitrary<Value>) => fc.array(fc.option(values), { maxLength: 20 })
const awkward = [
  '',
  'NULL',
  'null',
  '{}',
  '"',
  '\\',
  '{"a":"\\u0000"}',
  '\u{FFFD}',
  '😀',
  '\u2028',
  ' ',
  'a'.repeat(70_000),
]

it('arrive as they were sent: texts', async () => {
  const text = fc.oneof(fc.constantFrom(...awkward), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
  await fc.assert(
    fc.asyncProperty(optional(text), async (values) => {
      const held = values.map((value) => value && Buffer.from(value.replaceAll('\0', '\u{FFFD}')).toString())
      expect(await elements('text', texts(values))).toEqual(held)
    }),
  )
})

it('arrive as they were sent: texts that are given as bytes', async () => {
  const values = ['{"name":"Märta 😀"}', '', null, 'a'.repeat(70_000)]
  const bytes = values.map((value, i) => (value !== null && i % 3 === 0 ? Buffer.from(value) : value))
  expect(await elements('text', texts(bytes))).toEqual(values)
})

it('arrive as they were sent: bytes', async () => {
  await fc.assert(
    fc.asyncProperty(optional(fc.uint8Array({ maxLength: 300 })), async (values) => {
      const bytes = values.map((value) => value && Buffer.from(value))
      expect(await elements('bytea', byteArrays(values))).toEqual(bytes)
    }),
  )
})

it('arrive as they were sent: whole numbers', async () => {
  const number = fc.oneof(fc.maxSafeInteger(), fc.integer(), fc.constantFrom(0, -1, 2 ** 32, -(2 ** 32), 2 ** 53 - 1))
  await fc.assert(
    fc.asyncProperty(optional(number), async (values) => {
      expect(await elements('int8', integers(values))).toEqual(values.map((value) => value && value + 0))
    }),
  )
})

it('arrive as they were sent: fractions', async () => {
  await fc.assert(
    fc.asyncProperty(optional(fc.double()), async (values) => {
      expect(await elements('float8', floats(values))).toEqual(values)
    }),
  )
})
