import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ZodType, z } from 'zod'
import { runNode } from './run.mjs'
import { docComment, typeOfSchema } from './type-of-schema.mjs'

const typeOf = (schema: ZodType) => typeOfSchema(z.toJSONSchema(schema))

describe('the type of a schema', () => {
  it.each<[string, ZodType]>([
    ['string', z.string().min(1).max(5)],
    ['number', z.int()],
    ['boolean', z.boolean()],
    ['null', z.null()],
    ['unknown', z.unknown()],
    ['never', z.never()],
    ['string | null', z.string().nullable()],
    ['string | number', z.union([z.string(), z.number(), z.int()])],
    ['unknown', z.union([z.string(), z.unknown()])],
    ["'a'", z.literal('a')],
    ["'it\\'s \"b\" \\\\'", z.literal('it\'s "b" \\')],
    ["'a' | 7 | null", z.union([z.literal(['a', 7]), z.null()])],
    ["'a' | 'b'", z.enum(['a', 'b'])],
    ['string[]', z.array(z.string())],
    ['(string | null)[]', z.array(z.string().nullable())],
    ["'a|b'[]", z.array(z.literal('a|b'))],
    ['[string, number]', z.tuple([z.string(), z.number()])],
    ['[string, ...(string | number)[]]', z.tuple([z.string()], z.union([z.string(), z.number()]))],
    ['Record<string, number>', z.record(z.string(), z.number())],
    ['Record<string, unknown>', z.looseObject({})],
    ['Record<string, never>', z.strictObject({})],
    ["{ id: string; 'odd-name'?: number }", z.object({ id: z.string(), 'odd-name': z.number().optional() })],
    ['{ id: string | null; [name: string]: unknown }', z.looseObject({ id: z.string().nullable() })],
    ['{ id: string; [name: string]: unknown }', z.object({ id: z.string() }).catchall(z.number())],
    ['({ a: string } | { b: string })[]', z.array(z.union([z.object({ a: z.string() }), z.object({ b: z.string() })]))],
    ['{ a: string } & { b: string }', z.intersection(z.object({ a: z.string() }), z.object({ b: z.string() }))],
  ])('is %s', (expected, schema) => {
    // zod joins an intersection's objects itself where they are closed.
    const type = typeOf(schema)
    expect([expected, expected.replace(' } & { ', '; ')]).toContain(type)
  })

  it('stands on several lines when it is long, and has what is said of a member above it', () => {
    const long = 'a_name_that_is_as_long_as_names_of_providers_are_now_and_then'
    const schema = z.object({
      [long]: z.string(),
      either: z.union([z.object({ [long]: z.string() }), z.object({ [`${long}_2`]: z.string() })]),
      cost: z.number().meta({ description: 'In US\n dollars. */' }),
    })
    expect(typeOf(schema)).toBe(`{
  ${long}: string
  either:
    | { ${long}: string }
    | { ${long}_2: string }
  /** In US dollars. *\\/ */
  cost: number
}`)
  })

  it('follows references, and ends where a type holds itself', () => {
    const named = z.object({ id: z.string() }).meta({ id: 'Named' })
    expect(typeOf(z.object({ a: named, b: named }))).toBe('{ a: { id: string }; b: { id: string } }')
    interface Tree {
      left?: Tree | undefined
    }
    const tree: ZodType<Tree> = z.object({
      get left() {
        return tree.optional()
      },
    })
    expect(typeOf(z.object({ tree }))).toContain('left?: unknown')
    expect(() => typeOfSchema({ $ref: '#/$defs/none' })).toThrow('"#/$defs/none"')
  })

  it('compiles, whatever stands in names and texts', { timeout: 60_000 }, async () => {
    const odd = ["'", '"', '\\', '`', '*/', '\n', '\u2028', '__proto__', 'constructor', '1a', '', 'ü', '}', '|']
    const schema = z.object({
      ...Object.fromEntries(odd.map((name) => [name, z.literal(name).meta({ description: name })])),
      list: z.array(z.union([z.literal(odd), z.object({ a: z.array(z.object({ b: z.null() }).nullable()) })])),
    })
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-types-'))
    try {
      const file = join(folder, 'type.ts')
      writeFileSync(file, `${docComment(odd.join(' '))}\nexport type Odd = ${typeOf(schema)}\n`)
      const args = ['--noEmit', '--strict', '--ignoreConfig', file]
      expect(await runNode('node_modules/typescript/bin/tsc', args)).toEqual({ code: 0, output: '' })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
