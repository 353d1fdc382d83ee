import { expect, it } from 'vitest'
import { shortUrl } from './words.ts'

it('leaves out of a URL what goes without saying, and nothing else', () => {
  expect(shortUrl('https://example.com/')).toBe('example.com')
  expect(shortUrl('https://example.com/hooks/')).toBe('example.com/hooks/')
  expect(shortUrl('http://127.0.0.1:4500/')).toBe('http://127.0.0.1:4500')
  expect(shortUrl('http://127.0.0.1:4500/hooks')).toBe('http://127.0.0.1:4500/hooks')
})
