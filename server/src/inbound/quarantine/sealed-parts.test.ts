import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createSeal } from '../../base/seal.ts'
import { maskHeaders, maskUrl } from '../mask.ts'
import { Headers, type Incoming } from '../source.ts'
import { restore, sealParts } from './sealed-parts.ts'

const seal = createSeal(Buffer.alloc(32, 7))
const id = { id: 'req_1', workspaceId: 'ws_1' }
const key = 'k'.repeat(32)

function recorded({ method, url, headers }: Incoming) {
  return { ...id, method, url: maskUrl(url), headers: maskHeaders(headers.raw) }
}

const names = fc.constantFrom('X-Signature', 'Authorization', 'x-hook-token', 'X-Api-Key', 'content-type')
const queries = fc.constantFrom('', '?', '?t=a%20b', '?token=x&n=1', '?n=1&token=&token=y', '?a?b=c&x_secret=%zz')

it('a request is what it was, when what was masked is put back', () => {
  const headers = fc.array(fc.tuple(names, fc.string({ maxLength: 20 })), { maxLength: 6 })
  const paths = fc.constantFrom(`/in/${key}`, '/webhook/kapso')
  fc.assert(
    fc.property(paths, queries, headers, fc.uint8Array(), (path, query, raw, bytes) => {
      const incoming: Incoming = {
        method: 'POST',
        url: path + query,
        address: `https://hooks.example${path}${query}`,
        isAddressed: path.startsWith('/in/'),
        headers: new Headers(raw.map(([name, value]) => [name, value.replaceAll('\0', '')])),
        body: Buffer.from(bytes),
      }
      const sealed = sealParts(incoming, id, seal)
      const needs = { key, isNamed: () => false, publicUrl: 'https://hooks.example', seal }
      const restored = restore(recorded(incoming), incoming.body, sealed, needs)
      expect({ ...restored, headers: restored.headers.raw }).toEqual({ ...incoming, headers: incoming.headers.raw })
    }),
  )
})

it('keeps no cookies, and nothing at all where nothing is masked', () => {
  const plain = { url: `/in/${key}?n=1`, headers: new Headers([['Cookie', 'session=1']]) }
  expect(sealParts(plain, id, seal)).toBeNull()
})

it('leaves what cannot be opened masked', () => {
  const sealed = sealParts({ url: '/x?token=abc', headers: new Headers([]) }, id, seal)
  const record = { ...id, method: 'POST', url: '/x?token=***', headers: [] as [string, string][] }
  const other = createSeal(Buffer.alloc(32, 8))
  const needs = { key, isNamed: () => true, publicUrl: 'https://hooks.example', seal: other }
  expect(restore(record, Buffer.alloc(0), sealed, needs)).toMatchObject({ url: '/x?token=***', isAddressed: true })
})
