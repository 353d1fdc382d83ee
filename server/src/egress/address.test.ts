import { BlockList } from 'node:net'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createAddressGuard, isPublicAddress, parseCidr } from './address.ts'
import { forbiddenLiterals, publicAddresses } from './exercise-spellings.ts'

const closed = createAddressGuard({ allowPrivate: [], allowHttp: false })

/** The addresses behind the literal spellings of URLs. */
const forbidden = forbiddenLiterals.map((host) => new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, ''))

describe('isPublicAddress', () => {
  it.each(publicAddresses)('takes %s for public', (address) => {
    expect(isPublicAddress(address)).toBe(true)
  })

  it.each([...new Set(forbidden)])('takes %s for not public', (address) => {
    expect(isPublicAddress(address)).toBe(false)
  })

  it.each([
    '',
    'localhost',
    '127.1',
    '0177.0.0.1',
    '1.2.3.4.5',
    '1.2.3.4/32',
    '[::1]',
    'fe80::1%eth0',
    '2000::1%1',
    ' 8.8.8.8',
  ])('takes %j for no address', (text) => {
    expect(isPublicAddress(text)).toBe(false)
  })

  it('lets through an IPv6 address only from the global unicast space', () => {
    fc.assert(
      fc.property(fc.ipV6(), (address) => {
        const first = Number.parseInt(address.split(':')[0] || '0', 16)
        if (isPublicAddress(address)) expect(first >> 13).toBe(1)
      }),
    )
  })

  it('refuses every IPv4 address that is written as IPv6', () => {
    const forms = ['::', '::ffff:', '::ffff:0:', '64:ff9b::', '64:ff9b:1::']
    fc.assert(
      fc.property(fc.ipV4(), fc.constantFrom(...forms), (address, form) => {
        fc.pre(address !== '0.0.0.0' && address !== '0.0.0.1')
        expect(isPublicAddress(form + address)).toBe(false)
      }),
    )
  })
})

describe('the address guard', () => {
  it('allows a public address by https and refuses http', () => {
    expect(closed.judge('8.8.8.8', 'https:')).toEqual({ kind: 'allowed' })
    expect(closed.judge('8.8.8.8', 'http:')).toEqual({
      kind: 'refused',
      cause: 'URL_REFUSED',
      detail: '8.8.8.8 is a public address, where only https is allowed',
    })
  })

  it('allows public http when the operator does', () => {
    const guard = createAddressGuard({ allowPrivate: [], allowHttp: true })
    expect(guard.judge('8.8.8.8', 'http:').kind).toBe('allowed')
    expect(guard.judge('10.0.0.1', 'http:').kind).toBe('refused')
  })

  it('allows the ranges of the operator by both, and nothing beside them', () => {
    const guard = createAddressGuard({ allowPrivate: ['10.1.0.0/16', 'fd00::/8', '::1'], allowHttp: false })
    for (const protocol of ['http:', 'https:'] as const) {
      for (const address of ['10.1.0.0', '10.1.255.255', 'fd12::1', '::1']) {
        expect(guard.judge(address, protocol).kind, address).toBe('allowed')
      }
      for (const address of ['10.0.255.255', '10.2.0.0', 'fc00::1', '127.0.0.1', '::2']) {
        expect(guard.judge(address, protocol), address).toMatchObject({ cause: 'PRIVATE_ADDRESS' })
      }
    }
  })

  it('opens NAT64 only when the operator names it', () => {
    const guard = createAddressGuard({ allowPrivate: ['64:ff9b::/96'], allowHttp: false })
    expect(guard.judge('64:ff9b::808:808', 'https:').kind).toBe('allowed')
  })

  it('judges what lies behind NAT64 and 6to4 where it opens them', () => {
    const opened = ['64:ff9b::/96', '2002::/16', '10.1.0.0/16']
    const guard = createAddressGuard({ allowPrivate: opened, allowHttp: false })
    for (const [address, protocol, cause] of [
      ['64:ff9b::a00:5', 'https:', 'PRIVATE_ADDRESS'], // 10.0.0.5
      ['64:ff9b::7f00:1', 'http:', 'PRIVATE_ADDRESS'], // 127.0.0.1
      ['64:ff9b::a9fe:a9fe', 'http:', 'PRIVATE_ADDRESS'], // 169.254.169.254
      ['2002:a00:5::1', 'https:', 'PRIVATE_ADDRESS'],
      ['64:ff9b::808:808', 'http:', 'URL_REFUSED'],
      ['64:ff9b::a01:203', 'http:', undefined], // 10.1.2.3
      ['2002:808:808::1', 'https:', undefined],
    ] as const) {
      const verdict = guard.judge(address, protocol)
      expect([address, verdict.kind === 'refused' ? verdict.cause : undefined]).toEqual([address, cause])
    }
    const all = createAddressGuard({ allowPrivate: ['::/0'], allowHttp: true })
    expect(all.judge('64:ff9b::a00:5', 'https:').kind).toBe('refused')
  })

  it('never lets an IPv4 address in IPv6 clothes use an opened range', () => {
    const guard = createAddressGuard({ allowPrivate: ['127.0.0.0/8', '0.0.0.0/0', '::/0'], allowHttp: true })
    fc.assert(
      fc.property(fc.ipV4(), fc.constantFrom('::ffff:', '::ffff:0:', '::'), (address, form) => {
        fc.pre(form !== '::' || !address.startsWith('0.0.'))
        expect(guard.judge(form + address, 'https:')).toMatchObject({ kind: 'refused', cause: 'PRIVATE_ADDRESS' })
      }),
    )
  })

  it('names the address and its use', () => {
    expect(closed.judge('169.254.169.254', 'https:')).toMatchObject({
      detail:
        '169.254.169.254 is not a public address (link-local and cloud metadata), and no allowed range contains it',
    })
  })

  it('refuses what is no address, and an address with a zone', () => {
    for (const text of ['', 'example.com', 'fe80::1%eth0', '8.8.8.8:80']) {
      expect(closed.judge(text, 'https:')).toMatchObject({ cause: 'PRIVATE_ADDRESS' })
    }
  })

  it('allows an address that differs from the range behind the prefix only, whatever the range', () => {
    const v4 = fc.uint8Array({ minLength: 4, maxLength: 4 })
    // Begins with fd: the others may be IPv4 addresses in disguise, which no range opens.
    const v6 = fc.uint8Array({ minLength: 15, maxLength: 15 }).map((rest) => Uint8Array.from([0xfd, ...rest]))
    fc.assert(
      fc.property(fc.oneof(v4, v6), fc.nat(128), fc.nat(127), (range, anyPrefix, anyBit) => {
        const bits = range.length * 8
        const prefix = anyPrefix % (bits + 1)
        const bit = range.length === 4 ? anyBit % bits : Math.max(8, anyBit)
        const other = Uint8Array.from(range)
        other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
        const guard = createAddressGuard({ allowPrivate: [`${spelled(range)}/${prefix}`], allowHttp: false })
        expect(guard.judge(spelled(range), 'http:').kind).toBe('allowed')
        expect(guard.judge(spelled(other), 'http:').kind === 'allowed').toBe(bit >= prefix)
        expect(inNodesRange(range, prefix, other)).toBe(bit >= prefix)
      }),
      { numRuns: 500 },
    )
  })
})

function spelled(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  return (Buffer.from(bytes).toString('hex').match(/.{4}/g) ?? []).join(':')
}

function inNodesRange(range: Uint8Array, prefix: number, address: Uint8Array): boolean {
  const family = range.length === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(spelled(range), prefix, family)
  return list.check(spelled(address), family)
}

describe('parseCidr', () => {
  it('reads ranges and single addresses', () => {
    expect(parseCidr('10.0.0.0/8')).toMatchObject({ family: 4, prefix: 8 })
    expect(parseCidr('127.0.0.1')).toMatchObject({ family: 4, prefix: 32 })
    expect(parseCidr('fd00::/8')).toMatchObject({ family: 6, prefix: 8 })
    expect(parseCidr('::1')).toMatchObject({ family: 6, prefix: 128 })
  })

  it.each([
    ['10.0.0.0/33', '"10.0.0.0/33" is not a range: its prefix must be a whole number from 0 to 32'],
    ['fd00::/129', '"fd00::/129" is not a range: its prefix must be a whole number from 0 to 128'],
    ['10.0.0.0/', '"10.0.0.0/" is not a range: its prefix must be a whole number from 0 to 32'],
    ['10.0.0.0/-1', '"10.0.0.0/-1" is not a range: its prefix must be a whole number from 0 to 32'],
    ['10.0.0.0/8/8', '"10.0.0.0/8/8" is not a range: its prefix must be a whole number from 0 to 32'],
    ['10.0.0/8', '"10.0.0/8" is not a range: write an address and a prefix, such as 10.0.0.0/8 or fd00::/8'],
    ['localhost', '"localhost" is not a range: write an address and a prefix, such as 10.0.0.0/8 or fd00::/8'],
    [
      'fe80::1%eth0/64',
      '"fe80::1%eth0/64" is not a range: write an address and a prefix, such as 10.0.0.0/8 or fd00::/8',
    ],
    ['', '"" is not a range: write an address and a prefix, such as 10.0.0.0/8 or fd00::/8'],
    [
      '::ffff:127.0.0.0/104',
      '"::ffff:127.0.0.0/104" is an IPv4 range written as IPv6, which is always refused: write it as IPv4',
    ],
  ])('refuses %j', (text, message) => {
    expect(() => parseCidr(text)).toThrow(message)
  })
})
