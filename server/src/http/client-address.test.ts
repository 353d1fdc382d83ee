import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { clientAddress } from './client-address.ts'

function seen(trusted: readonly string[], remoteAddress: string | undefined, forwarded?: string): string {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  return clientAddress(trusted)({ socket: { remoteAddress }, headers } as unknown as IncomingMessage)
}

const proxies = ['10.0.0.0/8', 'fd00::/8', '192.0.2.1']

describe('without a trusted proxy', () => {
  it('the sender is who is connected, whatever a header says', () => {
    expect(seen([], '203.0.113.5', '198.51.100.7')).toBe('203.0.113.5')
    expect(seen(proxies, '203.0.113.5', '198.51.100.7')).toBe('203.0.113.5')
  })
})

describe('behind a trusted proxy', () => {
  it.each([
    ['one that it names', '10.1.1.1', '203.0.113.5', '203.0.113.5'],
    ['the last one, not what a sender wrote before', '10.1.1.1', '1.1.1.1, 127.0.0.1, 203.0.113.5', '203.0.113.5'],
    ['the last one before other proxies', '10.1.1.1', '1.1.1.1, 203.0.113.5, 10.2.2.2, fd00::7', '203.0.113.5'],
    ['the first proxy, when there are only proxies', '10.1.1.1', '10.3.3.3,10.2.2.2', '10.3.3.3'],
    ['the proxy, when it names nobody', '10.1.1.1', undefined, '10.1.1.1'],
    ['the proxy, when the header is empty', '10.1.1.1', '', '10.1.1.1'],
    ['the proxy, when the header holds no address', '10.1.1.1', 'unknown', '10.1.1.1'],
    ['the nearest proxy before what is no address', '10.1.1.1', '203.0.113.5, <script>, 10.2.2.2', '10.2.2.2'],
    ['one whose port is written beside the address', '10.1.1.1', '203.0.113.5:1234', '203.0.113.5'],
    [
      'one whose port is written, before a proxy’s',
      '10.1.1.1',
      '203.0.113.5:1, [fd00::7]:2, 10.2.2.2:3',
      '203.0.113.5',
    ],
    ['an IPv6 one with a port', '10.1.1.1', '[2001:db8::7]:443', '2001:db8::7'],
    ['an IPv6 one in brackets', '10.1.1.1', '[2001:db8::7]', '2001:db8::7'],
    ['the proxy, when brackets hold no address', '10.1.1.1', '[unknown]:5', '10.1.1.1'],
    ['an IPv6 sender', 'fd00::1', '2001:db8::7', '2001:db8::7'],
    ['a sender through a proxy given as one address', '192.0.2.1', '203.0.113.5', '203.0.113.5'],
    ['a sender through a proxy on a socket for both families', '::ffff:10.1.1.1', '::ffff:203.0.113.5', '203.0.113.5'],
    ['a sender with a zone', '10.1.1.1', 'fe80::1%eth0', 'fe80::1'],
  ])('the sender is %s', (_, remote, forwarded, address) => {
    expect(seen(proxies, remote, forwarded)).toBe(address)
  })

  it('a proxy is known whichever way its address is written', () => {
    expect(seen(['::1'], '0:0:0:0:0:0:0:1', '203.0.113.5')).toBe('203.0.113.5')
    expect(seen(['fe80::/10'], 'fe80::1%eth0', '203.0.113.5')).toBe('203.0.113.5')
  })

  it('a flood of addresses costs no more than reading them', () => {
    expect(seen(proxies, '10.1.1.1', '10.0.0.1,'.repeat(6000) + '10.0.0.2')).toBe('10.0.0.1')
  })
})

it('a connection that is gone has no address', () => {
  expect(seen(proxies, undefined)).toBe('')
})
