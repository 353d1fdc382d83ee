import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { email, message, type Planted, phone, plainWords, token, url } from './exercise-personal.ts'
import { maskName, maskPersonal, maskText, maskValue } from './personal.ts'

const runs = { numRuns: 150 }

/** None of it is left, however the text around it reads. */
function expectHidden(planted: fc.Arbitrary<Planted>, mask: (text: string) => string, around: fc.Arbitrary<string>) {
  fc.assert(
    fc.property(around, planted, around, (before, { written, hidden }, after) => {
      const masked = mask(`${before} ${written} ${after}`)
      for (const each of hidden) if (!before.includes(each) && !after.includes(each)) expect(masked).not.toContain(each)
    }),
    runs,
  )
}

describe('a text for the log', () => {
  it.each([
    ['a phone number', phone],
    ['an e-mail address', email],
    ['a key or a token', token],
    ['a URL', url],
    ['what somebody wrote', message],
  ])('shows nothing of %s but what may be told', (_, planted) => {
    expectHidden(planted, maskText, fc.constantFrom('', 'value', 'Key (subject)=(', 'failed:', 'from'))
    expectHidden(planted, maskText, plainWords)
  })

  it('keeps ids, times, counts, addresses and codes', () => {
    fc.assert(
      fc.property(fc.array(plainWords, { maxLength: 6 }), (words) => {
        // Counts side by side may be a phone number; between words they are none.
        const text = words.join(' of ')
        expect(maskText(text)).toBe(text)
      }),
      runs,
    )
  })

  it.each([
    ['+49 170 1234567', '…4567'],
    ['0049-170-1234567', '…4567'],
    ['number 12345678901 of', 'number …8901 of'],
    ['+3801234', '…34'],
    ['٠١٧٠١٢٣٤٥٦٧', '…٤٥٦٧'],
    ['marta+x@orchard.example, tom@x.de', 'm…@…, t…@…'],
    ['https://u:p@hooks.example:8443/T0/B1?t=2', 'https://hooks.example:8443/…'],
    ['Authorization: Basic abc', 'Authorization: … …'],
    ['password: hunter2', 'password: …'],
    ['value {"from":"1"} in row', 'value {…} in row'],
    ['source "github": the header "x-a" is missing', 'source "github": the header "x-a" is missing'],
    ['Body=Hello&To=x y=1', 'Body=…&To=… y=1'],
    ['2026-11-27 10:00:00+00 at 127.0.0.1:5432', '2026-11-27 10:00:00+00 at 127.0.0.1:5432'],
  ])('%s is told as %s', (text, masked) => {
    expect(maskText(text)).toBe(masked)
  })

  it('that is long is cut between two words', () => {
    const text = `${'word '.repeat(790)}+49 170 12345678 ${'word '.repeat(100)}`
    expect(maskText(text)).toMatch(/^(word )+…5678 (word )*… \(\d+ characters\)$/)
    expect(maskText('x'.repeat(1_000_000))).toBe(' … (1000000 characters)')
  })

  it.each(['(', '"', '{ ', '1 ', '0', '://', '%40', 'a:', '&a='])(
    'that is a megabyte of %j takes time in proportion',
    (piece) => {
      // What took time by the square would take hours, so the limit says nothing of the machine.
      const text = piece.repeat(1_000_000 / piece.length)
      const begin = process.cpuUsage()
      maskPersonal(text, { isFree: true, hidesRandom: true, longestNumber: Number.POSITIVE_INFINITY })
      expect(process.cpuUsage(begin).user / 1e6).toBeLessThan(10)
    },
    30_000,
  )
})

describe('a value in a list', () => {
  it.each([
    ['a phone number', phone],
    ['an e-mail address', email],
    ['a URL', url],
  ])('shows nothing of %s but what may be told', (_, planted) => {
    expectHidden(planted, maskValue, fc.constantFrom('', '106540352242922:', 'order_7:'))
  })

  it.each([
    'octo/repo',
    'order_7',
    '1001',
    '12345678',
    'sub_1MowQVLkdIwHu7ixeRlqHVzs',
    '820982911946154508',
    'gid://shopify/Order/1234567890',
    '2026-11-27',
    'Orchard, row 7',
    'c1f7f7b8-46c5-4b2c-8a5d-0d4ad1f3c9b2',
    'evt_01jd9k3v5x8q2m4n6p8r0s2t4v',
    '{"a":"b"}',
  ])('that is none of them stays: %s', (value) => {
    expect(maskValue(value)).toBe(value)
  })

  it.each([
    ['628123456789', '…6789'],
    ['106540352242922:628123456789', '…2922:…6789'],
    ['agent:main:telegram:5551234567', 'agent:main:telegram:…4567'],
    ['https://example.com/a/b', 'https://example.com/…'],
    [null, null],
  ])('%s is shown as %s', (value, shown) => {
    expect(maskValue(value)).toBe(shown)
  })

  it.each([
    ['Marta Huber', 'M…'],
    ['😀 x', '😀…'],
    ['', '…'],
    [null, null],
  ])('a name is shown by its first letter: %s', (name, shown) => {
    expect(maskName(name)).toBe(shown)
  })
})
