import { describe, expect, it } from 'vitest'
import { readDsn, readOtlpUrl } from './monitor-target.ts'

describe('a DSN', () => {
  it.each([
    ['https://abc123@o1.ingest.example/42', 'https://o1.ingest.example/api/42/envelope/'],
    ['https://abc123:former@sentry.example:9000/42', 'https://sentry.example:9000/api/42/envelope/'],
    ['http://abc123@127.0.0.1:8000/some/path/7', 'http://127.0.0.1:8000/some/path/api/7/envelope/'],
  ])('%s leads to %s', (dsn, url) => {
    expect(readDsn(dsn)).toEqual({ url, key: 'abc123' })
  })

  it.each([
    '',
    'abc123',
    'https://o1.ingest.example/42',
    'https://abc123@o1.ingest.example',
    'https://abc123@o1.ingest.example/',
    'https://abc123@o1.ingest.example/42?x=1',
    'https://abc%0a123@o1.ingest.example/42',
    'ftp://abc123@o1.ingest.example/42',
    `https://abc123@o1.ingest.example/${'4'.repeat(1000)}`,
  ])('is none: %s', (text) => {
    expect(readDsn(text)).toBeUndefined()
  })
})

describe('the URL of a collector', () => {
  it.each([
    ['http://collector:4318', 'http://collector:4318/v1/logs'],
    ['https://otlp.example/prefix/', 'https://otlp.example/prefix/v1/logs'],
    ['https://otlp.example/v1/logs?team=1', 'https://otlp.example/v1/logs?team=1'],
    ['https://user:pass@otlp.example', undefined],
    ['otlp.example:4318', undefined],
    ['', undefined],
  ])('%s is %s', (text, url) => {
    expect(readOtlpUrl(text)).toBe(url)
  })
})
