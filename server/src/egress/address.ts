import { isIP } from 'node:net'
import type { EgressPolicy } from './exchange.ts'

/** A range of addresses, such as `10.0.0.0/8`. */
export interface Cidr {
  text: string
  family: 4 | 6
  bytes: Uint8Array
  prefix: number
}

/** Whether an address may be connected to. */
export type AddressVerdict =
  | { kind: 'allowed' }
  | { kind: 'refused'; cause: 'PRIVATE_ADDRESS' | 'URL_REFUSED'; detail: string }

/** Judges addresses by the operator's policy. */
export interface AddressGuard {
  /** Whether what it refuses is told without the address that a name has. */
  readonly hidesAddresses: boolean
  judge(address: string, protocol: 'http:' | 'https:'): AddressVerdict
}

/**
 * The guard of every connection: public addresses by https, by http too when the policy says so, and the operator's own
 * ranges by both. What is not known to be public is refused.
 */
export function createAddressGuard(policy: EgressPolicy): AddressGuard {
  const opened = policy.allowPrivate.map(parseCidr)
  const judge: AddressGuard['judge'] = (address, protocol) => {
    const bytes = bytesOf(address)
    if (!bytes) return refused('PRIVATE_ADDRESS', `"${address}" is not an IP address that can be judged`)
    if (!isDisguised(bytes) && opened.some((cidr) => contains(cidr, bytes))) {
      // Whoever opens a way to IPv4 has not opened all that it leads to.
      const behind = behindGateway(bytes)
      return behind === undefined ? { kind: 'allowed' } : judge(behind, protocol)
    }
    const use = specialUse(bytes)
    if (use !== undefined)
      return refused('PRIVATE_ADDRESS', `${address} is not a public address (${use}), and no allowed range contains it`)
    if (protocol === 'http:' && !policy.allowHttp)
      return refused('URL_REFUSED', `${address} is a public address, where only https is allowed`)
    return { kind: 'allowed' }
  }
  return { judge, hidesAddresses: policy.hidesAddresses ?? false }
}

/** Whether the text is an address of the public internet: global unicast, and no IPv4 address inside an IPv6 one. */
export function isPublicAddress(address: string): boolean {
  const bytes = bytesOf(address)
  return bytes !== undefined && specialUse(bytes) === undefined
}

/**
 * Reads a range, or one address as the range of itself. Throws with what is wrong.
 *
 * @example parseCidr('10.0.0.0/8'), parseCidr('fd00::/8'), parseCidr('127.0.0.1')
 */
export function parseCidr(text: string): Cidr {
  const slash = text.indexOf('/')
  const bytes = bytesOf(slash < 0 ? text : text.slice(0, slash))
  if (!bytes) throw new Error(`"${text}" is not a range: write an address and a prefix, such as 10.0.0.0/8 or fd00::/8`)
  const bits = bytes.length * 8
  const prefix = slash < 0 ? String(bits) : text.slice(slash + 1)
  if (!/^\d{1,3}$/.test(prefix) || Number(prefix) > bits) {
    throw new Error(`"${text}" is not a range: its prefix must be a whole number from 0 to ${bits}`)
  }
  if (isDisguised(bytes)) {
    throw new Error(`"${text}" is an IPv4 range written as IPv6, which is always refused: write it as IPv4`)
  }
  return { text, family: bytes.length === 4 ? 4 : 6, bytes, prefix: Number(prefix) }
}

/** Whether an address lies in a range; never, when it is none. */
export function rangeHolds(range: Cidr, address: string): boolean {
  const bytes = bytesOf(address)
  return bytes !== undefined && contains(range, bytes)
}

/** Whether the text is a URL's or a resolver's spelling of an address, without brackets and without a zone. */
export function isAddress(text: string): boolean {
  return bytesOf(text) !== undefined
}

// IANA's special-purpose registry of IPv4, also the entries it calls globally reachable: nobody receives webhooks there.
const special4 = table([
  ['0.0.0.0/8', 'this network'],
  ['10.0.0.0/8', 'private use'],
  ['100.64.0.0/10', 'shared by carriers'],
  ['127.0.0.0/8', 'loopback'],
  ['168.63.129.16/32', "Azure's host server"], // public by number, but answered by the hypervisor with the machine's secrets
  ['169.254.0.0/16', 'link-local and cloud metadata'],
  ['172.16.0.0/12', 'private use'],
  ['192.0.0.0/24', 'protocol assignments'],
  ['192.0.2.0/24', 'documentation'],
  ['192.31.196.0/24', 'AS112'],
  ['192.52.193.0/24', 'AMT relays'],
  ['192.88.99.0/24', '6to4 relays'],
  ['192.168.0.0/16', 'private use'],
  ['192.175.48.0/24', 'AS112'],
  ['198.18.0.0/15', 'benchmarks'],
  ['198.51.100.0/24', 'documentation'],
  ['203.0.113.0/24', 'documentation'],
  ['224.0.0.0/4', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
  ['240.0.0.0/4', 'reserved'],
])

// These reach the IPv4 side of this very machine or of its network, so a range of the policy never opens them: an
// operator who opens 127.0.0.0/8 has judged the names that lead there, not the ways to write it.
const disguised = table([
  ['::ffff:0:0/96', 'an IPv4 address mapped into IPv6'],
  ['::ffff:0:0:0/96', 'an IPv4 address translated into IPv6'],
  ['::/96', 'an IPv4 address written as IPv6'],
])

const gateways = [
  { cidr: rangeOf('64:ff9b::/96'), at: 12 },
  { cidr: rangeOf('2002::/16'), at: 2 },
]

const special6 = table([
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ...disguised.map(({ cidr, use }) => [cidr.text, use] as const),
  ['64:ff9b::/96', 'NAT64'],
  ['64:ff9b:1::/48', 'NAT64'],
  ['100::/64', 'discarded'],
  ['2001::/23', 'protocol assignments, Teredo among them'],
  ['2001:db8::/32', 'documentation'],
  ['2002::/16', '6to4'],
  ['2620:4f:8000::/48', 'AS112'],
  ['3fff::/20', 'documentation'],
  ['fc00::/7', 'private use'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'site-local'],
  ['ff00::/8', 'multicast'],
])
const globalUnicast = rangeOf('2000::/3')

interface SpecialRange {
  cidr: Cidr
  use: string
}

function table(rows: readonly (readonly [cidr: string, use: string])[]): readonly SpecialRange[] {
  return rows.map(([cidr, use]) => ({ cidr: rangeOf(cidr), use }))
}

/** A range of the tables above, which are known to be well written. */
function rangeOf(text: string): Cidr {
  const [address = '', prefix] = text.split('/')
  const bytes = bytesOf(address) ?? new Uint8Array()
  return { text, family: bytes.length === 4 ? 4 : 6, bytes, prefix: Number(prefix) }
}

/** What the address is for when it is not an ordinary public one. */
function specialUse(bytes: Uint8Array): string | undefined {
  const row = (bytes.length === 4 ? special4 : special6).find(({ cidr }) => contains(cidr, bytes))
  if (row) return row.use
  return bytes.length === 4 || contains(globalUnicast, bytes) ? undefined : 'outside the public unicast space'
}

/** The IPv4 address that a gateway sends on to: NAT64 (RFC 6052) and 6to4 (RFC 3056) have it in the address. */
function behindGateway(bytes: Uint8Array): string | undefined {
  const row = gateways.find(({ cidr }) => contains(cidr, bytes))
  return row && bytes.subarray(row.at, row.at + 4).join('.')
}

function isDisguised(bytes: Uint8Array): boolean {
  if (bytes.length !== 16 || !disguised.some(({ cidr }) => contains(cidr, bytes))) return false
  // `::` and `::1` lie in ::/96 and are real IPv6 addresses.
  return bytes.subarray(0, 15).some((byte) => byte !== 0) || (bytes[15] ?? 0) > 1
}

function contains({ bytes: range, prefix }: Cidr, address: Uint8Array): boolean {
  if (range.length !== address.length) return false
  const whole = prefix >> 3
  for (let i = 0; i < whole; i++) if (range[i] !== address[i]) return false
  const rest = prefix & 7
  return rest === 0 || ((range[whole] ?? 0) ^ (address[whole] ?? 0)) >> (8 - rest) === 0
}

/** The four or sixteen bytes of an address, without brackets and without a zone; undefined for any other text. */
export function bytesOf(address: string): Uint8Array | undefined {
  const family = isIP(address)
  if (family === 4) return Uint8Array.from(address.split('.'), Number)
  if (family === 0 || address.includes('%')) return undefined
  // The URL parser writes every spelling in one way: hexadecimal groups, the longest run of zeros as `::`.
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::')
  const before = groups(head)
  const after = groups(tail ?? '')
  const words = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
  return Uint8Array.from(words.flatMap((word) => [word >> 8, word & 255]))
}

function groups(text: string): number[] {
  return text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
}

function refused(cause: 'PRIVATE_ADDRESS' | 'URL_REFUSED', detail: string): AddressVerdict {
  return { kind: 'refused', cause, detail }
}
