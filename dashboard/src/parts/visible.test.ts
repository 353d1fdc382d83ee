import { expect, it } from 'vitest'
import { visible } from './visible.ts'

it('leaves a text as it is that hides nothing', () => {
  const text = 'Grüße, 你好 😀\n\t{"a": [1, 2]}'
  expect(visible(text)).toBe(text)
  expect(visible('a\r\nb')).toBe('a\nb')
})

it('shows what would not be seen', () => {
  expect(visible('a\0b\x1b[31mc\x7fd\re')).toBe('a␀b␛[31mc␡d␍e')
  expect(visible('invoice\u202efdp.exe\u200b\ufeff\u0085')).toBe('invoice⟨U+202E⟩fdp.exe⟨U+200B⟩⟨U+FEFF⟩⟨U+0085⟩')
  expect(visible('fill\u3164er\u180e, tag\u{e0041}')).toBe('fill⟨U+3164⟩er⟨U+180E⟩, tag⟨U+E0041⟩')
})
