import { describe, expect, it } from 'vitest'
import { createSeal } from '../../base/seal.ts'
import { customHeaders, headerFault, headerNames, sealHeaders } from './custom-headers.ts'

describe('a header of an endpoint’s own', () => {
  it.each(['authorization', 'Authorization', 'x-team', 'X_Team', 'cookie', 'accept', 'date', 'x-api-key', 'hosts'])(
    'may be %s',
    (name) => expect(headerFault(name, 'a b\u007e')).toBeUndefined(),
  )

  it.each([
    'Host',
    'content-type',
    'Content-Length',
    'content-x',
    'transfer-encoding',
    'Connection',
    'keep-alive',
    'TE',
    'trailer',
    'upgrade',
    'expect',
    'proxy-authorization',
    'User-Agent',
    'webhook-id',
    'Webhook-Signature',
    'svix-id',
    'stripe-signature',
    'x-webhook-signature',
    'x-opencom-event-id',
    'x-hub-signature-256',
    'x-github-delivery',
    'x-trunkline-hops',
  ])('may not be %s, which is ours', (name) => {
    expect(headerFault(name, 'a')).toBe('is set by the server and cannot be given')
  })

  it.each(['', 'a b', 'a:b', 'ä', 'a\r\nb', '(a)', 'x'.repeat(101), ':path'])('may not be named %j', (name) => {
    expect(headerFault(name, 'a')).toMatch(/^must be named/)
  })

  it.each(['', 'a\r\nhost: evil', 'a\nb', 'a\rb', 'a\0', 'ä', 'a\tb', '\u007f', ' a', 'a ', 'x'.repeat(2049)])(
    'may not have the value %j',
    (value) => expect(headerFault('x-team', value)).toMatch(/^(must have|may )/),
  )

  it('is stored sealed to its endpoint, with its name to be seen', () => {
    const seal = createSeal(Buffer.alloc(32, 7))
    const endpoint = { workspaceId: 'ws_1', id: 'ep_1' }
    const stored = sealHeaders({ Authorization: 'Bearer abc', 'X-Team': 'orders' }, endpoint, seal)
    expect(headerNames(stored)).toEqual(['authorization', 'x-team'])
    expect(stored).not.toContain('abc')
    expect(stored).not.toContain(Buffer.from('Bearer abc').toString('base64url'))
    expect(() => customHeaders({ ...endpoint, id: 'ep_2', sealedHeaders: stored }, seal)).toThrow()
    expect(customHeaders({ ...endpoint, sealedHeaders: stored }, seal)).toEqual([
      ...['authorization', 'Bearer abc'],
      ...['x-team', 'orders'],
    ])
    // Nor where it was opened before.
    expect(() => customHeaders({ ...endpoint, id: 'ep_2', sealedHeaders: stored }, seal)).toThrow()
  })

  it('is left out where an earlier version took one that is ours', () => {
    const seal = createSeal(Buffer.alloc(32, 7))
    const endpoint = { workspaceId: 'ws_1', id: 'ep_1' }
    const stored = sealHeaders({ 'webhook-id': 'evt_2', 'x-team': 'orders' }, endpoint, seal)
    expect(customHeaders({ ...endpoint, sealedHeaders: stored }, seal)).toEqual(['x-team', 'orders'])
  })

  it('is nothing when there is none', () => {
    const seal = createSeal(Buffer.alloc(32, 7))
    const endpoint = { workspaceId: 'ws_1', id: 'ep_1' }
    expect(sealHeaders({}, endpoint, seal)).toBeNull()
    expect(headerNames(null)).toEqual([])
    expect(customHeaders({ ...endpoint, sealedHeaders: null }, seal)).toEqual([])
  })
})
