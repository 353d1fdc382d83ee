import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { forbiddenLiterals, forbiddenNames, publicAddresses } from './exercise-spellings.ts'
import { checkUrl } from './url.ts'

const closed = { allowPrivate: [], allowHttp: false }
const loopback = { allowPrivate: ['127.0.0.0/8'], allowHttp: false }
const open = { allowPrivate: [], allowHttp: true }

describe('checkUrl', () => {
  it('takes a public https URL as the parser reads it, without its fragment', () => {
    const verdict = checkUrl('https://Hooks.Example.com:443/in?key=1#part', closed)
    expect(verdict.kind === 'ok' && verdict.url.href).toBe('https://hooks.example.com/in?key=1')
  })

  it.each([
    'https://example.com',
    'https://example.com:8443/a/b?c=d',
    'https://xn--bcher-kva.example.com/',
    'https://bücher.example.com/',
    'https://my_host.example.com/',
    'https://internal.example.com/',
    'https://localhost.example.com/',
    'https://example.com/a%20b%0a',
    'https://example.com/@user:pass',
  ])('takes %s', (text) => {
    expect(checkUrl(text, closed).kind).toBe('ok')
  })

  it.each(publicAddresses)('takes the public address %s by https, and by http when that is allowed', (address) => {
    const host = address.includes(':') ? `[${address}]` : address
    expect(checkUrl(`https://${host}/`, closed).kind).toBe('ok')
    expect(checkUrl(`http://${host}/`, open).kind).toBe('ok')
    expect(checkUrl(`http://${host}/`, closed)).toMatchObject({ kind: 'refused', cause: 'URL_REFUSED' })
  })

  it.each([...forbiddenLiterals, ...forbiddenNames])('refuses the host %s', (host) => {
    for (const policy of [closed, open]) {
      for (const scheme of ['http', 'https', 'HTTP']) {
        expect(checkUrl(`${scheme}://${host}:8080/x?y`, policy)).toMatchObject({
          kind: 'refused',
          cause: 'PRIVATE_ADDRESS',
        })
      }
    }
  })

  it.each(forbiddenNames)('leaves the name %s to the connection when private ranges are open', (host) => {
    expect(checkUrl(`http://${host}/`, loopback).kind).toBe('ok')
  })

  it('judges a literal address by the open ranges at once', () => {
    expect(checkUrl('http://127.0.0.1:3000/', loopback).kind).toBe('ok')
    expect(checkUrl('http://2130706433/', loopback).kind).toBe('ok')
    expect(checkUrl('http://[::1]/', loopback)).toMatchObject({ cause: 'PRIVATE_ADDRESS' })
    expect(checkUrl('http://[::ffff:127.0.0.1]/', loopback)).toMatchObject({ cause: 'PRIVATE_ADDRESS' })
    expect(checkUrl('http://10.0.0.1/', loopback)).toMatchObject({ cause: 'PRIVATE_ADDRESS' })
  })

  it.each([
    ['', 'the text is not a URL; write it whole, such as https://example.com/webhooks'],
    ['example.com/hook', 'the text is not a URL; write it whole, such as https://example.com/webhooks'],
    ['https://', 'the text is not a URL; write it whole, such as https://example.com/webhooks'],
    ['https://[fe80::1%25eth0]/', 'the text is not a URL; write it whole, such as https://example.com/webhooks'],
    ['https://256.1.1.1/', 'the text is not a URL; write it whole, such as https://example.com/webhooks'],
    ['https://example.com:65536/', 'the text is not a URL; write it whole, such as https://example.com/webhooks'],
    ['ftp://example.com/', 'the scheme "ftp" is not allowed; use https'],
    ['file:///etc/passwd', 'the scheme "file" is not allowed; use https'],
    ['gopher://example.com/', 'the scheme "gopher" is not allowed; use https'],
    ['javascript:alert(1)', 'the scheme "javascript" is not allowed; use https'],
    ['http://example.com/', 'the URL of host "example.com" uses http; use https'],
    ['https://example.com:0/', 'port 0 of host "example.com" is not allowed; use 1 to 65535'],
    ['https://example.com./', 'the host "example.com." has an empty part; write it without a dot at either end'],
    ['https://.example.com/', 'the host ".example.com" has an empty part; write it without a dot at either end'],
    ['https://a..b.com/', 'the host "a..b.com" has an empty part; write it without a dot at either end'],
    ['https://router.lan/', 'the host "router.lan" is a name of a private network; use one of the public internet'],
    ['https://redis/', 'the host "redis" is a name of a private network; use one of the public internet'],
    ['http://2130706433/', '127.0.0.1 is not a public address (loopback), and no allowed range contains it'],
  ])('says of %j: %s', (text, detail) => {
    expect(checkUrl(text, closed)).toMatchObject({ kind: 'refused', detail })
  })

  it.each([
    ' https://example.com/',
    'https://example.com/ ',
    'https://exam\tple.com/',
    'https://example.com/\n',
    'https://example.com/a\u0000',
    'https://example.com/a\u007f',
    'https://example.com/a\u0085',
    'https://example.com/a\u2028',
    'https://example.com/a\u3000b',
    'https://example.com\\@10.0.0.1/',
    'https:\\\\example.com\\',
  ])('refuses white space, control characters and backslashes: %j', (text) => {
    expect(checkUrl(text, closed)).toMatchObject({ detail: expect.stringContaining('white space') })
  })

  it('refuses a URL of more than 2048 characters', () => {
    const base = 'https://example.com/'
    expect(checkUrl(base + 'a'.repeat(2048 - base.length), closed).kind).toBe('ok')
    expect(checkUrl(base + 'a'.repeat(2049 - base.length), closed)).toMatchObject({
      detail: 'the URL has 2049 characters; at most 2048 are allowed',
    })
  })

  it.each([
    'https://user:hunter2@example.com/',
    'https://hunter2@example.com/',
    'https://:hunter2@example.com/',
    'https://user:hunter2@127.0.0.1/',
    'https://user:hunter2@[bad/',
    'ftp://user:hunter2@example.com/',
    'https:user:hunter2@example.com',
    'https://user:hunter2@redis/?token=hunter2',
    'https://redis/hunter2?token=hunter2#hunter2',
    'http://example.com/hunter2?hunter2',
  ])('refuses without repeating a secret: %s', (text) => {
    const verdict = checkUrl(text, closed)
    expect(verdict.kind).toBe('refused')
    expect(JSON.stringify(verdict)).not.toContain('hunter2')
  })

  it('refuses user names and passwords', () => {
    expect(checkUrl('https://u@example.com/', closed)).toMatchObject({
      detail: 'the URL of host "example.com" has a user name or password; send credentials in a header',
    })
  })

  it('never throws, and never takes a URL whose host it would refuse when written plainly', () => {
    const text = fc.oneof(
      fc.webUrl(),
      fc.string(),
      fc.ipV4Extended().map((ip) => `http://${ip}/`),
      fc.ipV6().map((ip) => `https://[${ip}]/`),
    )
    fc.assert(
      fc.property(text, fc.constantFrom(closed, open, loopback), (url, policy) => {
        const verdict = checkUrl(url, policy)
        if (verdict.kind === 'ok') expect(checkUrl(verdict.url.href, policy).kind).toBe('ok')
      }),
      { numRuns: 500 },
    )
  })
})
