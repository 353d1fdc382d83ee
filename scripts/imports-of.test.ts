import { describe, expect, it } from 'vitest'
import { blank } from './blank.mjs'
import { importsOf } from './imports-of.mjs'

describe('importsOf', () => {
  it.each([
    ["import { a } from './a.ts'", false],
    ["import a, { type b } from './a.ts'", false],
    ["import * as a from './a.ts'", false],
    ["import {\n  type a,\n  b, // why\n} from './a.ts'", false],
    ["import './a.ts'", false],
    ["import type a from './a.ts'", true],
    ["import type { a } from './a.ts'", true],
    ["import type * as a from './a.ts'", true],
    ["import type from './a.ts'", false],
    ["export { a } from './a.ts'", false],
    ["export * from './a.ts'", false],
    ["export * as a from './a.ts'", false],
    ["export type { a } from './a.ts'", true],
    ["export type * from './a.ts'", true],
    ["const a = await import('./a.ts')", false],
    ["const a = require('./a.ts')", false],
    ["let a: import('./a.ts').A", true],
    ["let a: typeof import('./a.ts')", true],
    ["import a from './a.ts' with { type: 'json' }", false],
    ['import{a}from"./a.ts"', false],
  ])('reads %s', (source, isType) => {
    expect(importsOf(source).map(({ specifier, isType }) => ({ specifier, isType }))).toEqual([
      { specifier: './a.ts', isType },
    ])
  })

  it.each([
    "// import './a.ts'",
    "/* import './a.ts' */",
    'const a = "import \'./a.ts\'"',
    "const a = `import './a.ts'`",
    "const a = /import '.\\/a'/",
    "loader.import('./a.ts')",
    'import.meta.url',
    "export function from() {}\nconst a = ['x']",
    "export const a = { from: 'b' }",
  ])('sees none in %s', (source) => expect(importsOf(source)).toEqual([]))

  it('counts lines, also after template texts and regular expressions', () => {
    const insert = ['$', "{b + `\n` + '}'}"].join('')
    const source = ['const a = `', insert, '`', 'const c = 4 / 2 / 1, d = /[\'"`/]/g', "import('./a.ts')"].join('\n')
    expect(importsOf(source)).toEqual([{ specifier: './a.ts', line: 6, isType: false }])
  })

  it('does not mix up two imports on neighbouring lines', () => {
    const source = "import './a.ts'\nimport { type T } from './b.ts'\nexport const x = 1\nexport { y } from './c.ts'"
    expect(importsOf(source).map((each) => `${each.line} ${each.specifier}`)).toEqual([
      '1 ./a.ts',
      '2 ./b.ts',
      '4 ./c.ts',
    ])
  })
})

it('keeps every character of code in its place', () => {
  const source = "a('it''s', \"x\\\"y\") // end\n/* more */ b"
  expect(blank(source)).toHaveLength(source.length)
  expect(blank(source).split('\n')[1]).toBe('           b')
})
