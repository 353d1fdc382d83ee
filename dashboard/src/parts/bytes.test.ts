import { expect, it } from 'vitest'
import { hexListing, looseText, sizeOf, textOf } from './bytes.ts'

it('lists bytes with their places and letters', () => {
  const bytes = new Uint8Array([0, 1, 0xff, ...new TextEncoder().encode('PNG <b>hello</b>')])
  expect(hexListing(bytes)).toBe(
    '000000  00 01 ff 50 4e 47 20 3c 62 3e 68 65 6c 6c 6f 3c  ···PNG·<b>hello<\n' +
      '000010  2f 62 3e                                         /b>',
  )
})

it('takes for text what is UTF-8, and forgives a character that was cut', () => {
  const bytes = new TextEncoder().encode('für 😀')
  expect(textOf(bytes, true)).toBe('für 😀')
  expect(textOf(bytes.subarray(0, -1), false)).toBe('für ')
  expect(textOf(bytes.subarray(0, -1), true)).toBeUndefined()
  expect(textOf(new Uint8Array([0xff, 0xfe]), true)).toBeUndefined()
})

it('shows the bytes among a text that are none of it', () => {
  expect(looseText(new Uint8Array([0x66, 0xfc, 0x72]), true)).toBe('f⟨FC⟩r')
  const text = (...parts: (string | number[])[]) =>
    looseText(
      new Uint8Array(parts.flatMap((part) => (typeof part === 'string' ? [...new TextEncoder().encode(part)] : part))),
      true,
    )
  expect(text('für 😀 ', [0xc0, 0xaf], ' €', [0xe2, 0x82], 'x', [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80])).toBe(
    'für 😀 ⟨C0⟩⟨AF⟩ €⟨E2⟩⟨82⟩x⟨ED⟩⟨A0⟩⟨80⟩⟨F4⟩⟨90⟩⟨80⟩⟨80⟩',
  )
})

it('takes bytes for text exactly where the browser does', () => {
  let seed = 7
  const next = () => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return seed / 2_147_483_648
  }
  const notable = [
    0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xe1, 0xed, 0xef, 0xf0, 0xf4, 0xf5,
  ]
  for (let n = 0; n < 4000; n++) {
    const bytes = Uint8Array.from({ length: 5 }, () => notable[Math.floor(next() * notable.length)] ?? 0)
    const isText = textOf(bytes, true) !== undefined
    expect(/⟨|\ufffd/.test(looseText(bytes, true)), String(bytes)).toBe(!isText)
  }
})

it.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [4096, '4096 bytes'],
  [150_000, '146 KiB'],
  [1_048_576, '1.0 MiB'],
])('says of %d bytes: %s', (bytes, words) => {
  expect(sizeOf(bytes)).toBe(words)
})
