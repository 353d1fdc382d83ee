import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fieldsOf } from './fields-of-schema.mjs'
import { describeEvents } from './generate-event-docs.mjs'
import { writeEventTypes } from './generate-event-types.mjs'
import { readSetup } from './generate-source-docs.mjs'
import { keepGenerated } from './generated.mjs'
import { root } from './run.mjs'

const folder = join(root, 'server/src/inbound/sources')
const kinds = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  devDependencies: Record<string, string>
}

describe('the setup page', () => {
  it.each(kinds)('of %s names the packages that its test runs against, and their versions', (kind) => {
    const { checkedAgainst } = readSetup(readFileSync(join(folder, kind, 'setup.md'), 'utf8'), kind)
    const named = [...checkedAgainst.matchAll(/`([^`]+)` (\d[\w.-]*\w)/g)].map(([, name, version]) => [name, version])
    const used = oraclesOf(readFileSync(join(folder, kind, 'source.test.ts'), 'utf8'))
    expect(named.map(([name]) => name).sort()).toEqual(used.sort())
    for (const [name = '', version] of named) expect(version, name).toBe(devDependencies[name])
  })

  it('has to say how a request is proven and what was checked', () => {
    const page = (more: string) => `# Orchard\n\n${more}\n\n1. Create a source.\n\n| Dedupe key | the id |\n`
    const proof = '**Proof:** a\nsignature.'
    const checked = '**Checked against:** nothing official.'
    for (const between of ['\n', '\n\n']) {
      expect(readSetup(page(`${proof}${between}${checked}`), 'orchard')).toEqual({
        proof: 'a signature.',
        checkedAgainst: 'nothing official.',
        dedupeKey: 'the id',
      })
    }
    for (const wrong of ['', proof, checked, `${checked}\n\n${proof}`, `**Proof:** \n\n${checked}`]) {
      expect(() => readSetup(page(wrong), 'orchard/setup.md'), wrong).toThrow('orchard/setup.md does not begin')
    }
    expect(() => readSetup(`# Orchard\n\n${proof}\n\n${checked}\n\n`, 'orchard')).toThrow('Dedupe key')
  })
})

/** The packages that a test has beside those that every test has. */
function oraclesOf(test: string): string[] {
  const imported = [...test.matchAll(/^import .*?'([^'.][^']*)'$|^\} from '([^'.][^']*)'$/gm)].map(([, a, b]) => a ?? b)
  const packages = imported.map((name = '') => /^(@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name)
  const ours = /^(node:.*|vitest|zod|fast-check|@trunkline\/.*)$/
  return [...new Set(packages)].filter((name) => !ours.test(name))
}

describe('the fields of a shape', () => {
  const fields = (schema: z.ZodType) => fieldsOf(z.toJSONSchema(schema))

  it('have a path, words for what they hold, and whether they can be missing', () => {
    const errors = z.array(z.object({ code: z.int() })).optional()
    const one = z.object({ id: z.string().nullable(), message: z.looseObject({ errors }) })
    expect(fields(one)).toEqual([
      [
        { path: 'id', what: 'text or null', isAlways: true },
        { path: 'message', what: 'object', isAlways: true },
        { path: 'message.errors', what: 'list', isAlways: false },
        { path: 'message.errors[].code', what: 'whole number', isAlways: false },
      ],
    ])
  })

  it('are told for each form, and not below the third level', () => {
    const deep = z.object({ a: z.object({ b: z.object({ c: z.object({ d: z.string() }) }) }).nullable() })
    const paths = fields(z.union([deep, z.union([z.object({ kind: z.enum(['x', 'y']) }), z.string()])]))
    expect(paths.map((form) => form.map(({ path }) => path))).toEqual([['a', 'a.b', 'a.b.c'], ['kind']])
    expect(paths[1]?.[0]?.what).toBe('`"x"` or `"y"`')
    expect(fields(z.unknown())).toEqual([])
  })
})

describe('the page of the types', () => {
  const type = { description: 'Pears were picked.', kinds: ['orchard'], sample: undefined }
  const schema = z.toJSONSchema(z.object({ kilos: z.number() }))
  const sampled = (data: string | null, body: string) => ({
    type: 'pear.picked',
    kind: 'orchard',
    event: 'picked',
    data,
    body: Buffer.from(body),
    hasSecret: true,
  })

  it('tells of a type with its fields and an example that is cut', () => {
    const data = JSON.stringify(Array.from({ length: 40 }, (_, i) => i))
    const page = describeEvents([{ ...type, type: 'pear.picked', schema, sample: sampled(data, data) }], [])
    expect(page).toContain(
      '## `pear.*`\n\n### `pear.picked`\n\nPears were picked. From [`orchard`](sources.md#orchard).',
    )
    expect(page).toContain('| `kilos` | number | yes |')
    expect(page).toContain('trigger orchard.picked --url')
    expect(page).toContain('  28,\n// and 12 lines more\n```')
  })

  it('shows a form as its fields, and says that there is no data', () => {
    const sample = sampled(null, 'Body=Are+they+ripe%3F')
    const page = describeEvents([{ ...type, type: 'pear.picked', schema: null, sample }], [])
    expect(page).toContain('no data, but a form')
    expect(page).toContain('\nBody=Are they ripe?\n')
  })

  it('tells the same fields once', () => {
    const types = ['pear.fallen', 'pear.picked'].map((each) => ({ ...type, type: each, schema }))
    const page = describeEvents(types, [])
    expect(page.split('| `kilos` |').length).toBe(2)
    expect(page).toContain('The fields are those of [`pear.fallen`](#pearfallen).')
  })
})

describe('the types of the SDK', () => {
  it('write a shape once that several types have, and what is not described as unknown', () => {
    const long = z.object(
      Object.fromEntries(['one', 'two', 'three', 'four', 'five'].map((n) => [`${n}_x`.repeat(6), z.string()])),
    )
    const types = ['a.one', 'a.two'].map((type) => ({ type, description: 'It is.', schema: z.toJSONSchema(long) }))
    const text = writeEventTypes([...types, { type: 'a.three', description: 'It is not.', schema: null }])
    expect(text).toContain("  'a.two': EventData['a.one']\n")
    expect(text).toContain("  /** It is not. */\n  'a.three': unknown\n")
  })
})

describe('a generated file', () => {
  it('is written, and found wrong only when it differs', () => {
    const folder = mkdtempSync(join(tmpdir(), 'trunkline-generated-'))
    try {
      const generated = { file: 'docs/a.md', text: 'new', script: 'scripts/a.mjs' }
      const fault = 'docs/a.md is out of date: run `node scripts/a.mjs`'
      expect(keepGenerated(generated, { isCheck: true, root: folder })).toBe(fault)
      expect(keepGenerated(generated, { isCheck: false, root: folder })).toBeUndefined()
      expect(keepGenerated(generated, { isCheck: true, root: folder })).toBeUndefined()
      writeFileSync(join(folder, 'docs/a.md'), 'old')
      expect(keepGenerated(generated, { isCheck: true, root: folder })).toBe(fault)
      expect(readFileSync(join(folder, 'docs/a.md'), 'utf8')).toBe('old')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
