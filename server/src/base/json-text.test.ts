import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { itemTexts, memberText, memberTexts, withMember } from './json-text.ts'

const space = fc.string({ unit: fc.constantFrom(' ', '\n', '\r', '\t'), maxLength: 3 })

const character = fc.oneof(fc.nat(0x2ff), fc.nat(0x10ffff)).map((code) => String.fromCodePoint(code))

/** A JSON text of a string: any of its characters may be written as an escape. */
const stringText = fc
  .array(fc.tuple(character, fc.boolean()), { maxLength: 6 })
  .map(
    (parts) =>
      `"${parts.map(([character, isEscaped]) => (isEscaped ? escaped(character) : plain(character))).join('')}"`,
  )

const escaped = (text: string) =>
  [...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')
const plain = (text: string) => JSON.stringify(text).slice(1, -1)

const scalar = fc.oneof(
  stringText,
  fc.constantFrom('null', 'true', 'false', '0', '-0', '1.0', '1e999', '-1.5E+3', '12345678901234567890'),
  fc.constantFrom('"{"', '"}"', '"]"', '"\\""', '"\\\\"', '"\\\\\\""', '","', '":"', '"\\u007b"'),
)
const names = fc.oneof(
  stringText,
  fc.constantFrom('"data"', '"\\u0064ata"', '"d\\u0061ta"', '"__proto__"', '""', '"type"'),
)

const { object, array, members } = fc.letrec<{ value: string; array: string; members: string; object: string }>(
  (tie) => ({
    value: fc.oneof({ depthSize: 'small' }, scalar, tie('array'), tie('object')),
    array: fc
      .tuple(space, fc.array(fc.tuple(space, tie('value'), space), { maxLength: 4 }))
      .map(([empty, items]) => `[${items.length === 0 ? empty : items.map((each) => each.join('')).join(',')}]`),
    members: fc
      .array(fc.tuple(space, names, space, space, tie('value'), space), { maxLength: 5 })
      .map((all) => all.map(([a, name, b, c, value, d]) => `${a}${name}${b}:${c}${value}${d}`).join(',')),
    object: fc.tuple(tie('members'), space).map(([inner, empty]) => `{${inner === '' ? empty : inner}}`),
  }),
)

describe('the text of a member', () => {
  it('reads as the member does, and stands in the object as it is', () => {
    fc.assert(
      fc.property(space, object, space, (before, text, after) => {
        const whole = before + text + after
        const read = JSON.parse(whole) as Record<string, unknown>
        for (const name of [...Object.keys(read), 'data', 'type', 'none']) {
          const found = memberText(whole, name)
          if (!Object.hasOwn(read, name)) expect(found).toBeUndefined()
          else {
            expect(JSON.parse(found ?? '')).toEqual(read[name])
            expect(whole).toContain(found)
            expect(found).toBe(found?.trim())
          }
        }
      }),
      { numRuns: 500 },
    )
  })

  it('is the last one’s when a name is repeated', () => {
    fc.assert(
      fc.property(members, scalar, (inner, value) => {
        expect(memberText(`{${inner === '' ? '' : `${inner},`}"d\\u0061ta" : ${value}\n}`, 'data')).toBe(value)
      }),
    )
  })

  it.each([
    ['{"data":1.0}', '1.0'],
    ['{ "data" : { "a" : [ 1 , 2 ] } }', '{ "a" : [ 1 , 2 ] }'],
    ['{"\\u0064ata":"x"}', '"x"'],
    ['{"a":{"data":1},"data":2}', '2'],
    ['{"data":1,"a":{"data":2}}', '1'],
    ['{"a":"\\"data\\":1","data":"}"}', '"}"'],
    ['{"data":12345678901234567890,"a":1}', '12345678901234567890'],
    ['{"data":{"a":1,"a":2}}', '{"a":1,"a":2}'],
    ['{"data":null}', 'null'],
    ['{"data":"\\ud83d"}', '"\\ud83d"'],
    ['{"data":"\u00a0"}', '"\u00a0"'],
    ['{\r\n\t"data"\r\n:\t-0\r\n}', '-0'],
    ['{"Data":1," data":2}', undefined],
    ['{}', undefined],
    ['{ }', undefined],
  ])('of %s is %s', (whole, text) => {
    expect(memberText(whole, 'data')).toBe(text)
  })

  it('does not mind a hundred thousand levels', () => {
    const deep = `${'[{"a":'.repeat(50_000)}1${'}]'.repeat(50_000)}`
    expect(memberText(`{"first":${deep},"data":${deep},"last":${deep}}`, 'data')).toBe(deep)
  })

  it('is found in a megabyte in a moment', () => {
    const large = JSON.stringify('"\\{['.repeat(150_000))
    const begin = performance.now()
    expect(memberText(`{"a":${large},"data":${large}}`, 'data')).toBe(large)
    expect(performance.now() - begin).toBeLessThan(1000)
  })
})

describe('the texts of all members', () => {
  it('are those that each name gives', () => {
    fc.assert(
      fc.property(space, object, (before, text) => {
        const texts = memberTexts(before + text)
        const read = JSON.parse(text) as Record<string, unknown>
        expect([...texts.keys()].sort()).toEqual(Object.keys(read).sort())
        for (const [name, found] of texts) expect(found).toBe(memberText(text, name))
      }),
    )
  })

  it('are found in four megabytes of small members in a moment', () => {
    const whole = `{${Array.from({ length: 300_000 }, (_, i) => `"key${i}":${i}`).join(',')}}`
    expect(cpuMs(() => expect(memberTexts(whole).get('key299999')).toBe('299999'))).toBeLessThan(5000)
  })
})

describe('the texts of the items', () => {
  it('read as the items do, in their order, and stand in the array as they are', () => {
    fc.assert(
      fc.property(space, array, space, (before, text, after) => {
        const read = JSON.parse(text) as unknown[]
        const texts = itemTexts(before + text + after)
        expect(texts.map((each) => JSON.parse(each))).toEqual(read)
        let at = 0
        for (const each of texts) {
          expect(each).toBe(each.trim())
          at = text.indexOf(each, at)
          expect(at).toBeGreaterThanOrEqual(0)
          at += each.length
        }
      }),
      { numRuns: 500 },
    )
  })

  it.each([
    ['[]', []],
    [' [ ] ', []],
    ['[1.0 ,-0, 12345678901234567890]', ['1.0', '-0', '12345678901234567890']],
    ['["]",",","\\"]"]', ['"]"', '","', '"\\"]"']],
    ['[{"a":1,"a":2},[[]],null]', ['{"a":1,"a":2}', '[[]]', 'null']],
  ])('of %s are %j', (whole, texts) => {
    expect(itemTexts(whole)).toEqual(texts)
  })

  it('do not mind a hundred thousand levels, or a million items', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`
    expect(itemTexts(`[${deep},1]`)).toEqual([deep, '1'])
    const many = `[${'{},'.repeat(1_000_000)}{}]`
    expect(cpuMs(() => expect(itemTexts(many)).toHaveLength(1_000_001))).toBeLessThan(5000)
  })
})

/** The work of the processor, which other programs on the machine do not make more. */
function cpuMs(work: () => void): number {
  const begin = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(begin)
  return (user + system) / 1000
}

it('one member is replaced wherever it stands, and nothing else', () => {
  const text = '{ "a" : 1.0 ,"b":{"a":2},"\\u0061":[3,{"x":"}"}] , "c":"\\"a\\":4"}'
  expect(withMember(text, 'a', 'null')).toBe('{ "a" : null ,"b":{"a":2},"\\u0061":null , "c":"\\"a\\":4"}')
  expect(withMember(text, 'none', 'null')).toBe(text)
  expect(withMember('{}', 'a', 'null')).toBe('{}')
})
