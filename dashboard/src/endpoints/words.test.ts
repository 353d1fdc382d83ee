import { expect, it } from 'vitest'
import { nameOfEndpoint, retryWords } from './words.ts'

it('calls an endpoint by its name, or what is said of it, or where it is', () => {
  const endpoint = { name: 'billing', description: 'invoices', url: 'https://example.com/hooks' }
  expect(nameOfEndpoint(endpoint)).toBe('billing')
  expect(nameOfEndpoint({ ...endpoint, name: '' })).toBe('invoices')
  expect(nameOfEndpoint({ ...endpoint, name: '', description: '' })).toBe('example.com/hooks')
})

it('says in words when a delivery is tried again', () => {
  expect(retryWords({ preset: 'standard' })).toBe('as standard says')
  expect(retryWords({ preset: 'doubling', baseSeconds: 60, retries: 3 })).toBe(
    '3 times, after 1 min, then twice as long each time',
  )
  expect(retryWords({ preset: 'doubling', baseSeconds: 90, retries: 0 })).toBe('never')
  expect(retryWords({ delaysSeconds: [0, 90, 120, 3600, 172_800] })).toBe('after 0 s, 90 s, 2 min, 1 h, 2 days')
  expect(retryWords({ delaysSeconds: [] })).toBe('never')
})
