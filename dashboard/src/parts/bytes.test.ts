import { expect, it } from 'vitest'
import { hexListing, sizeOf, textOf } from './bytes.ts'

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

it.each([
  [0, '0 bytes'],
  [1, '1 byte'],
  [4096, '4096 bytes'],
  [150_000, '146 KiB'],
  [1_048_576, '1.0 MiB'],
])('says of %d bytes: %s', (bytes, words) => {
  expect(sizeOf(bytes)).toBe(words)
})
